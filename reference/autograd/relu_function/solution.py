"""ReLU with its own backward: torch's guide "Extending PyTorch" describes the pattern."""

from typing import Any

import torch
from torch import Tensor


class CustomReLU(torch.autograd.Function):
    """max(x, 0); called as CustomReLU.apply(x)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The larger of x and 0, element by element."""
        ctx.save_for_backward(x)  # not ctx.x = x: a later change in place would go unnoticed
        return x.clamp(min=0)  # a new tensor; a NaN stays one

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        """The gradient passes where x > 0, and nothing passes at 0 and below."""
        (x,) = ctx.saved_tensors
        # A new tensor: other branches of the graph may receive grad_output as well.
        return torch.where(x > 0, grad_output, 0)
