import torch
from torch import Tensor


def pad_batch(
    sequences: list[list[int]], pad_id: int = 0, side: str = "right"
) -> tuple[Tensor, Tensor]:
    """ids (B, T) and mask (B, T), both int64; the mask is 1 at tokens and 0 at padding."""
    raise NotImplementedError
