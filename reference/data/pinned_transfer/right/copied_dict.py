from torch import Tensor


class Mover:
    def __init__(self, device, non_blocking):
        self.device = device
        self.options = {"non_blocking": non_blocking}

    def needs_pinning(self, tensor):
        return self.device.type == "cuda" and tensor.device.type == "cpu" and not tensor.is_pinned()

    def __call__(self, tensor):
        source = tensor.pin_memory() if self.needs_pinning(tensor) else tensor
        return source.to(self.device, **self.options)


def to_device(batch, device, non_blocking=True):
    mover = Mover(device, non_blocking)
    out = batch.copy()
    out.update({name: mover(value) for name, value in batch.items() if isinstance(value, Tensor)})
    return out
