import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Affine(nn.Module):
    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(columns)
        self.weight = nn.Parameter(torch.empty(rows, columns).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(rows))


class LinearReLU(nn.Module):
    """A container of its own for the two parameters; a buffer is allowed."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.linear = Affine(out_features, in_features)
        self.register_buffer("floor", torch.tensor(0.0))

    def forward(self, x: Tensor) -> Tensor:
        out = F.linear(x, self.linear.weight, self.linear.bias)
        return out.clamp(min=self.floor.to(out.dtype))
