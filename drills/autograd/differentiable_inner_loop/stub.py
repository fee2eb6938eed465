from collections.abc import Callable

import torch
from torch import Tensor


def adapt(loss_fn: Callable[[Tensor], Tensor], params: Tensor, lr: float, steps: int) -> Tensor:
    """`steps` steps of gradient descent on loss_fn from params, differentiable in params."""
    raise NotImplementedError
