import itertools
from dataclasses import dataclass

from torch import nn


@dataclass
class Footprint:
    parameters: int = 0
    parameter_bytes: int = 0
    buffer_bytes: int = 0

    @property
    def megabytes(self) -> float:
        return (self.parameter_bytes + self.buffer_bytes) / 1024 / 1024


def memory_footprint(model):
    """One dict from storage to tensor; a storage's own number tells meta tensors apart too."""
    owners = {}
    for tensor in itertools.chain(model.parameters(), model.buffers()):
        owners.setdefault(tensor.untyped_storage()._cdata, tensor)
    found = Footprint()
    for tensor in owners.values():
        if isinstance(tensor, nn.Parameter):
            found.parameters += tensor.numel()
            found.parameter_bytes += tensor.nbytes
        else:
            found.buffer_bytes += tensor.nbytes
    return found
