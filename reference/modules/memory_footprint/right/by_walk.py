from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class Footprint:
    parameters: int
    parameter_bytes: int
    buffer_bytes: int
    megabytes: float


def memory_footprint(model):
    """Walks the tree of modules by hand, parameters first."""
    modules, waiting = [], [model]
    while waiting:
        module = waiting.pop()
        if not any(module is other for other in modules):
            modules.append(module)
            waiting.extend(module.children())
    objects, addresses = set(), {0}

    def new(tensor):
        if tensor is None or id(tensor) in objects:
            return False
        objects.add(id(tensor))
        if tensor.device.type == "meta":
            return True
        known = tensor.data_ptr() in addresses
        addresses.add(tensor.data_ptr())
        return not known

    parameters = [p for m in modules for p in m._parameters.values() if new(p)]
    buffers = [b for m in modules for b in m._buffers.values() if new(b)]
    weights, held = (
        sum(prod(t.shape) * t.dtype.itemsize for t in group) for group in (parameters, buffers)
    )
    return Footprint(
        sum(prod(p.shape) for p in parameters), weights, held, (weights + held) * 2**-20
    )
