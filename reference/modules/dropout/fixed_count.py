import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError("p must lie in [0, 1]")
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        count = int(self.p * x.numel() + torch.rand(()).item())
        mask = torch.ones(x.numel(), dtype=x.dtype)
        mask[torch.randperm(x.numel())[:count]] = 0
        return x * mask.reshape(x.shape) * (1.0 / (1.0 - self.p) if self.p < 1.0 else 0.0)
