from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class TensorReport:
    """What `create_and_reshape` made; shape, dtype and device are those of `original`."""

    original: Tensor  # (3, 4), random
    reshaped: Tensor  # (2, 6), the same numbers
    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device


def create_and_reshape(device: str | None = None) -> TensorReport:
    """Draw a (3, 4) float32 tensor on `device`, print its shape and dtype, reshape it to (2, 6)."""
    raise NotImplementedError
