import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))
        self.statistics = (0.0, 1.0)

    def forward(self, x):
        wide = x.float() if x.element_size() == 2 else x
        mean, variance = self.statistics
        if self.training:
            mean = wide.mean(-1, keepdim=True)
            variance = (wide - mean).square().mean(-1, keepdim=True)
            self.statistics = mean.mean().item(), variance.mean().item()
        normal = (wide - mean) / (variance + self.eps) ** 0.5
        return (normal * self.gamma + self.beta).to(x.dtype)
