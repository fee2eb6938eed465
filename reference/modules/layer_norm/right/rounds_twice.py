import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        """The normalised values are rounded to half first, as some models' code does it."""
        wide = x.float() if x.dtype.itemsize < 4 else x
        mean = wide.mean(dim=-1, keepdim=True)
        variance = wide.var(dim=-1, unbiased=False, keepdim=True)
        normal = ((wide - mean) / (variance + self.eps).sqrt()).to(x.dtype)
        return torch.add(normal * self.gamma.to(wide.dtype), self.beta).to(x.dtype)
