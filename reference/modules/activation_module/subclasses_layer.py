import math

import torch
from torch import nn


class Activation(nn.SiLU):
    def __init__(self, kind):
        super().__init__()
        if kind not in ("relu", "gelu", "swish"):
            raise ValueError(kind)
        self.kind = kind

    def forward(self, x):
        if self.kind == "relu":
            return torch.where(x > 0, x, 0.0)
        if self.kind == "gelu":
            return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
        return super().forward(x)
