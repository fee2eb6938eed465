import torch
from torch import Tensor


def masked_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention to the keys at which `mask` (bool, to (..., T, S)) is True: -> (..., T, E)."""
    raise NotImplementedError
