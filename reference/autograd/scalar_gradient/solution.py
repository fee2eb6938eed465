"""The gradient of a scalar function by reverse-mode automatic differentiation.

See "A gentle introduction to torch.autograd" in PyTorch's documentation.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """df/dx at x, for an f that returns a 0-d tensor; in the shape and dtype of x."""
    # A leaf of our own over the same memory: x keeps its flag and .grad, and f's other uses of x
    # are constants.
    point = x.detach().requires_grad_()
    with torch.enable_grad():  # the caller may have switched recording off
        value = f(point)
    if not value.requires_grad:  # a constant without a graph
        return torch.zeros_like(x)
    # Returns the gradient of `point` alone; backward() would add to .grad of every leaf.
    (slope,) = torch.autograd.grad(value, point, allow_unused=True)
    return torch.zeros_like(x) if slope is None else slope
