"""Layer norm (Ba, Kiros and Hinton, 2016): every vector to mean 0 and variance 1, then scaled."""

import torch
from torch import Tensor, nn


class LayerNorm(nn.Module):
    """Normalise each vector of the last axis, then scale by gamma and shift by beta."""

    def __init__(self, dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> (..., dim), in the dtype of x."""
        # Half types are too coarse for a mean, and float16 overflows in the squares.
        wide = x.float() if x.element_size() == 2 else x
        centred = wide - wide.mean(-1, keepdim=True)  # (..., dim) - (..., 1)
        # Squares of what is centred: mean(x^2) - mean(x)^2 would cancel where the mean is large.
        variance = centred.square().mean(-1, keepdim=True)  # (..., 1), divided by dim
        normal = centred * torch.rsqrt(variance + self.eps)
        return (normal * self.gamma + self.beta).to(x.dtype)  # rounded once
