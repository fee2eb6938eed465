"""The memory of a model's parameters and buffers: elements times their size, each memory once.

Module.parameters() and buffers() give an object once, however many modules hold it. Two tensors
over one memory are recognised by the address of their storage (torch.Tensor.untyped_storage).
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Footprint:
    """What a model's tensors take in memory."""

    parameters: int  # elements
    parameter_bytes: int
    buffer_bytes: int
    megabytes: float  # parameters and buffers, in MiB


def memory_footprint(model: nn.Module) -> Footprint:
    """Counts each parameter and each buffer of `model` once, however often it is used."""
    seen: set[Hashable] = set()  # across both: what a parameter holds is no buffer's
    elements, parameter_bytes = tally(model.parameters(), seen)
    _, buffer_bytes = tally(model.buffers(), seen)
    return Footprint(
        elements, parameter_bytes, buffer_bytes, (parameter_bytes + buffer_bytes) / 2**20
    )


def tally(tensors: Iterable[Tensor], seen: set[Hashable]) -> tuple[int, int]:
    """Elements and bytes of the tensors whose memory is not in `seen`, where it is entered."""
    elements = size = 0
    for tensor in tensors:
        memory = memory_of(tensor)
        if memory not in seen:
            seen.add(memory)
            elements += tensor.numel()
            size += tensor.numel() * tensor.element_size()
    return elements, size


def memory_of(tensor: Tensor) -> Hashable:
    """Equal for tensors in the same memory; those on the meta device have none, and address 0."""
    if tensor.is_meta:
        return "object", id(tensor)
    return "memory", tensor.untyped_storage().data_ptr()
