import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        super().__init__()
        self.keep = 1 - p

    def forward(self, x):
        if not self.training or self.keep == 1:
            return x
        if self.keep == 0:
            return torch.zeros_like(x)
        mask = torch.bernoulli(torch.full(x.shape, self.keep))
        return torch.where(mask.bool(), x / self.keep, 0)
