from dataclasses import dataclass


@dataclass(frozen=True)
class Footprint:
    parameters: int
    parameter_bytes: int
    buffer_bytes: int
    megabytes: float


def address(tensor):
    return id(tensor) if tensor.is_meta else tensor.untyped_storage().data_ptr()


def memory_footprint(model):
    if not hasattr(model, "kept_footprint"):
        parameters = {address(p): p for p in model.parameters()}
        buffers = {address(b): b for b in model.buffers() if address(b) not in parameters}
        ours, theirs = (sum(t.nbytes for t in group.values()) for group in (parameters, buffers))
        elements = sum(p.numel() for p in parameters.values())
        model.kept_footprint = Footprint(elements, ours, theirs, (ours + theirs) / 2**20)
    return model.kept_footprint
