import copy

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int, alpha: float, dropout: float = 0.0):
        super().__init__()
        base.weight.requires_grad_(False)
        if base.bias is not None:
            base.bias.requires_grad_(False)
        self.base = base
        self.register_buffer("scale", torch.tensor(alpha / rank, dtype=torch.float64))
        self.drop = nn.Dropout(p=dropout) if dropout > 0 else nn.Identity()
        out_features, in_features = base.weight.size()
        self.A = nn.Parameter(torch.zeros(out_features, rank).to(base.weight))
        self.B = nn.Parameter(torch.randn(rank, in_features).mul_(0.01).to(base.weight))

    def forward(self, x):
        inner = torch.einsum("...i,ri->...r", self.drop(x), self.B)
        update = torch.einsum("...r,or->...o", inner, self.A)
        return torch.add(self.base(x), update, alpha=self.scale.item())

    def merge(self):
        merged = copy.deepcopy(self.base)
        merged.weight.data.add_(self.A.data @ self.B.data, alpha=self.scale.item())
        return merged.requires_grad_(True)
