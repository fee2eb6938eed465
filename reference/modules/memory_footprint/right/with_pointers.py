from collections import namedtuple

from torch import nn

Footprint = namedtuple("Footprint", "parameters parameter_bytes buffer_bytes megabytes")


def unique(tensors):
    return {(t.device, t.data_ptr() or id(t)): t for t in tensors}


def memory_footprint(model: nn.Module) -> Footprint:
    """By address, or by object where there is none; the later group loses what the first has."""
    parameters = unique(p for _, p in model.named_parameters())
    buffers = unique(b for _, b in model.named_buffers())
    sizes = [
        sum(t.numel() * t.itemsize for key, t in group.items())
        for group in (parameters, {k: b for k, b in buffers.items() if k not in parameters})
    ]
    count = sum(t.numel() for t in parameters.values())
    return Footprint(count, *sizes, sum(sizes) / (1 << 20))
