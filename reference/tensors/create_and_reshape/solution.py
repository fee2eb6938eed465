"""Create, report, reshape (https://docs.pytorch.org/docs/stable/tensor_view.html on views)."""

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
    if device is None:  # asked at every call; a device that is named is never replaced
        device = "cuda" if torch.cuda.is_available() else "cpu"
    original = torch.rand(3, 4, device=device)  # made where it belongs: no copy
    print(original.shape, original.dtype)
    reshaped = original.reshape(2, 6)  # row-major order, here a view
    return TensorReport(original, reshaped, original.shape, original.dtype, original.device)
