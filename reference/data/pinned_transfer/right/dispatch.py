from functools import singledispatch

from torch import Tensor


@singledispatch
def move(value, device, non_blocking):
    return value


@move.register
def _(value: Tensor, device, non_blocking):
    match value.device.type, device.type:
        case "cpu", "cpu":
            return value
        case "cpu", "cuda":
            source = value if value.is_pinned() else value.pin_memory()
            return source.to(device, non_blocking=non_blocking)
        case _:
            return value.to(device, non_blocking=non_blocking)


def to_device(batch, device, non_blocking=True):
    return dict(zip(batch, (move(v, device, non_blocking) for v in batch.values()), strict=True))
