import torch
from torch import Tensor


def sample_top_p(
    logits: Tensor,
    p: float,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """One token a row from its nucleus: (B, V) -> (B,) int64."""
    raise NotImplementedError
