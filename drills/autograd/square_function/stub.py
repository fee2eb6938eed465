from typing import Any

import torch
from torch import Tensor


class Square(torch.autograd.Function):
    """Square.apply(x) is x * x, with a backward pass of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The square of every element; shape and dtype are those of `x`."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        """The gradient with respect to x, given that of the result."""
        raise NotImplementedError
