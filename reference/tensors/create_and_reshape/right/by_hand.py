import sys
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class TensorReport:
    original: Tensor
    reshaped: Tensor
    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    def __str__(self) -> str:
        return f"{list(self.shape)} {str(self.dtype).split('.')[-1]} on {self.device}"


def _place(name: str | None) -> torch.device:
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    place = torch.device(name)
    torch.empty(0, device=place)
    return place


def create_and_reshape(device: str | None = None) -> TensorReport:
    original = torch.empty(3, 4, device=_place(device)).uniform_(-1, 1)
    row = original.flatten()
    reshaped = torch.stack([row[:6], row[6:]])
    report = TensorReport(
        original, reshaped, original.shape, original.dtype, torch.device(original.device.type)
    )
    sys.stdout.write(f"{report}\n{reshaped.shape}\n")
    return report
