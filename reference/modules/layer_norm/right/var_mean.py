import torch
from torch import nn


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.dim, self.eps = dim, eps
        self.register_parameter("gamma", nn.Parameter(torch.full((dim,), 1.0)))
        self.register_parameter("beta", nn.Parameter(torch.full((dim,), 0.0)))

    def forward(self, x):
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        variance, mean = torch.var_mean(wide, dim=-1, correction=0, keepdim=True)
        normal = (wide - mean) / torch.sqrt(variance + self.eps)
        return torch.addcmul(self.beta, normal, self.gamma).type_as(x)
