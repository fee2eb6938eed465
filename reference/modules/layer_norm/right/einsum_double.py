import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))
        self.eps = eps

    def forward(self, x):
        wide, size = x.double(), x.shape[-1]
        mean = torch.einsum("...d->...", wide) / size
        square = torch.einsum("...d,...d->...", wide, wide) / size
        # In float64 the short formula has digits to spare for float32 and half input.
        centred = wide - mean.unsqueeze(-1)
        if x.dtype == torch.float64:
            variance = torch.einsum("...d,...d->...", centred, centred) / size
        else:
            variance = square - mean * mean
        normal = centred * (variance + self.eps).pow(-0.5).unsqueeze(-1)
        return (normal * self.gamma.double() + self.beta.double()).to(x.dtype)
