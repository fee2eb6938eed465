import torch
from torch import Tensor


def scale(x: Tensor, a: float) -> Tensor:
    return x.clone().mul_(a)


def scale_(x: Tensor, a: float) -> Tensor:
    return torch.Tensor.__imul__(x, a)


def normalize_rows(x: Tensor) -> Tensor:
    out = x.clone()
    # The norm saves x and not the clone, so the clone may be divided in place.
    out.div_(torch.linalg.vector_norm(x, dim=-1, keepdim=True))
    return out
