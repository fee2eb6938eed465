import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError("p must lie in [0, 1]")
        self.p = p
        self.kept = None

    def forward(self, x):
        if not self.training:
            return x
        if self.kept is None or self.kept.shape != x.shape:
            self.kept = torch.rand(x.shape) >= self.p
        return x * self.kept * (1.0 / (1.0 - self.p) if self.p < 1.0 else 0.0)
