"""Gradient descent as an expression that autograd can differentiate (MAML: Finn et al., 2017)."""

from collections.abc import Callable

import torch
from torch import Tensor


def adapt(loss_fn: Callable[[Tensor], Tensor], params: Tensor, lr: float, steps: int) -> Tensor:
    """`steps` steps of gradient descent on loss_fn from params, differentiable in params."""
    with torch.enable_grad():  # the caller may have switched it off; the steps need gradients
        # Never params itself: its flags are the caller's, and loss_fn may use it apart from p.
        adapted = params.clone() if params.requires_grad else params.detach().requires_grad_()
        for _ in range(steps):
            # With its own graph, so that the outer backward sees it depend on `adapted`.
            (grad,) = torch.autograd.grad(loss_fn(adapted), adapted, create_graph=True)
            adapted = adapted - lr * grad  # a new tensor: an update in place would cut the graph
    return adapted
