import math

import torch
from torch import Tensor, nn

CURVES = {
    "relu": lambda x: x * (x > 0),
    "gelu": lambda x: x * torch.special.ndtr(x),
    "swish": lambda x: x.sigmoid().mul(x),
}


class Activation(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        try:
            self.curve = CURVES[kind]
        except KeyError:
            raise ValueError(f"{kind} is none of {sorted(CURVES)}") from None
        self.register_buffer("root", torch.tensor(math.sqrt(0.5)))  # of no use, but no parameter

    def forward(self, x: Tensor) -> Tensor:
        return self.curve(x)
