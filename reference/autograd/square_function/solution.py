"""y = x * x with a backward of its own: dL/dx = 2 x dL/dy.

See "Extending torch.autograd" in PyTorch's documentation.
"""

from typing import Any

import torch
from torch import Tensor


class Square(torch.autograd.Function):
    """Square.apply(x) is x * x, with a backward pass of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The square of every element; autograd is off in here."""
        # Not ctx.x = x: only what is saved this way is checked for changes and freed by backward.
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        """The chain rule: the local slope 2 x, times the gradient that arrives."""
        (x,) = ctx.saved_tensors
        # x comes back with its graph, so these products can be differentiated once more.
        return 2 * x * grad_output
