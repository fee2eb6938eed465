"""The oracle: what the kernel must compute, in plain torch."""

import torch
from torch import Tensor


def softmax(x: Tensor) -> Tensor:
    """The softmax of each row: (rows, cols) -> (rows, cols), in the dtype of x."""
    if x.ndim != 2:
        raise ValueError(f"x must be (rows, cols), not {tuple(x.shape)}")
    return torch.softmax(x, dim=1)
