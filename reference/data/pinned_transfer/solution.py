"""A batch to the device: pinned first where the copy goes to CUDA, so that it needn't wait."""

from typing import Any

import torch
from torch import Tensor


def to_device(
    batch: dict[str, Tensor], device: torch.device, non_blocking: bool = True
) -> dict[str, Tensor]:
    """A new dict with the batch's tensors on the device; every other value as it is."""
    return {name: moved(value, device, non_blocking) for name, value in batch.items()}


def moved(value: Any, device: torch.device, non_blocking: bool) -> Any:
    """The value on the device if it is a tensor, else the value itself."""
    if not isinstance(value, Tensor):
        return value
    # The GPU's copy engine reads host memory by physical address (DMA). Ordinary pages may be
    # moved or swapped out meanwhile, so the driver first copies them, piece by piece, into a
    # pinned buffer of its own, and the call waits. Page-locked memory needs no such stop: the copy
    # is faster, and with non_blocking it is queued on the current stream and Python goes on.
    if device.type == "cuda" and value.device.type == "cpu" and not value.is_pinned():
        value = value.pin_memory()  # a new tensor; torch keeps its memory until the copy is done
    # `to` returns the tensor itself where it lies on the device already. Kernels queued later on
    # this stream see the data; only the host would have to wait before it reuses the source.
    return value.to(device, non_blocking=non_blocking)
