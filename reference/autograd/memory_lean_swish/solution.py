"""Swish (SiLU; Ramachandran et al., 2017), x * sigmoid(x), which keeps x alone for backward."""

from typing import Any

import torch
from torch import Tensor


class MemoryLeanSwish(torch.autograd.Function):
    """x * sigmoid(x); called as MemoryLeanSwish.apply(x)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Swish of every element; the sigmoid is not kept."""
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        """The gradient with respect to x; the sigmoid is computed again."""
        (x,) = ctx.saved_tensors
        gate = torch.sigmoid(x)
        slope = gate * (1 + x * (1 - gate))  # gate + x gate', where gate' = gate (1 - gate)
        return grad_output * slope
