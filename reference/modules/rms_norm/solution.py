"""RMS norm (Zhang and Sennrich, 2019): every vector to root mean square 1, then scaled."""

import torch
from torch import Tensor, nn


class RMSNorm(nn.Module):
    """Divide each vector of the last axis by its root mean square, then scale by weight."""

    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> (..., dim), in the dtype of x."""
        # float16 overflows in the squares from 256 on, and a half type is too coarse for a mean.
        wide = x.float() if x.element_size() == 2 else x
        square = wide.square().mean(-1, keepdim=True)  # (..., 1), nothing subtracted
        normal = wide * torch.rsqrt(square + self.eps)
        return (normal * self.weight).to(x.dtype)  # rounded once
