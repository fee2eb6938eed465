"""ReLU, exact GELU (Hendrycks and Gimpel, 2016) and swish (Ramachandran et al., 2017)."""

import math
from typing import Literal

import torch
from torch import Tensor, nn


class Activation(nn.Module):
    """One of three activations, chosen by name."""

    def __init__(self, kind: Literal["relu", "gelu", "swish"]) -> None:
        super().__init__()
        if kind not in ("relu", "gelu", "swish"):
            raise ValueError(f"unknown activation: {kind!r}")
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        """Element by element; shape and dtype are those of x."""
        if self.kind == "relu":
            return torch.where(x > 0, x, 0.0)  # at x = 0 the constant is taken: gradient 0
        if self.kind == "gelu":
            return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))  # x times the normal CDF of x
        return x * torch.sigmoid(x)  # the library's sigmoid saturates without overflow
