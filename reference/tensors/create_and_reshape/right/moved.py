from dataclasses import dataclass
from typing import Any

import torch
from torch.cuda import is_available


@dataclass(frozen=True, kw_only=True)
class TensorReport:
    original: torch.Tensor
    reshaped: torch.Tensor
    shape: tuple
    dtype: torch.dtype
    device: Any


def create_and_reshape(device=None):
    if not device:
        device = ("cpu", "cuda")[is_available()]
    x = torch.randn((3, 4)).to(torch.device(device))
    print(f"a tensor of shape {tuple(x.shape)} and dtype {x.dtype}")
    return TensorReport(
        shape=tuple(x.size()),
        dtype=x.dtype,
        device=x.device,
        original=x,
        reshaped=x.clone().view(2, -1),
    )
