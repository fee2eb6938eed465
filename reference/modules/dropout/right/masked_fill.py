import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not (p >= 0 and p <= 1):
            raise ValueError(p)
        self.p = p
        self.uniform = torch.distributions.Uniform(0.0, 1.0)

    def forward(self, x):
        if self.training is False or self.p == 0:
            return x
        drop = self.uniform.sample(x.shape) < self.p
        if self.p == 1:
            drop, scale = torch.ones_like(drop), 1.0
        else:
            scale = 1 / (1 - self.p)
        return (x * scale).masked_fill(drop, 0.0)
