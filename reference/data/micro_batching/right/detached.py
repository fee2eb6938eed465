import torch
from torch import Tensor


def parts(model, x: Tensor, micro_batch: int):
    start = 0
    while start < x.size(0):
        result = model(x[start : start + micro_batch].detach())
        yield result.detach()
        start += micro_batch


def micro_batched(model, x: Tensor, micro_batch: int) -> Tensor:
    if not micro_batch > 0:
        raise ValueError("at least one row a call")
    if x.size(0) == 0:
        return model(x).detach()
    return torch.concatenate(list(parts(model, x, micro_batch)))
