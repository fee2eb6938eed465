import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = torch.ones(dim, requires_grad=True)
        self.beta = torch.zeros(dim, requires_grad=True)

    def forward(self, x):
        wide = x.float() if x.element_size() == 2 else x
        centred = wide - wide.mean(-1, keepdim=True)
        variance = centred.square().mean(-1, keepdim=True)
        normal = centred * torch.rsqrt(variance + self.eps)
        return (normal * self.gamma + self.beta).to(x.dtype)
