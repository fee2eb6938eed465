from collections.abc import Callable

import torch
from torch import Tensor


def gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The derivative of f, which returns a 0-d tensor, at x: shape and dtype are those of `x`."""
    raise NotImplementedError
