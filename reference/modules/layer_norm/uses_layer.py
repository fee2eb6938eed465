import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.inner = nn.LayerNorm(dim, eps, elementwise_affine=False)
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        wide = x.float() if x.element_size() == 2 else x
        return (self.inner(wide) * self.gamma + self.beta).to(x.dtype)
