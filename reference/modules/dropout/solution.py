"""Inverted dropout: survivors grow by 1 / (1 - p) in training; inference needs no change."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Zero each element with probability p in training, the identity in evaluation."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p is a probability, not {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """E[out] = x: a survivor, of probability 1 - p, counts 1 / (1 - p) times."""
        if not self.training:
            return x
        scale = 1.0 / (1.0 - self.p) if self.p < 1.0 else 0.0
        # rand is below 1, so >= keeps everything at p = 0 and nothing at p = 1.
        # It draws float32 whatever x is: bfloat16 is too coarse to tell a small p from 0.
        kept = torch.rand(x.shape, device=x.device) >= self.p  # a fresh mask, shaped like x
        return x * kept * scale
