import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha, dropout=0.0):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)
        weight = base.weight
        self.A = nn.Parameter(weight.new_zeros(weight.shape[0], rank))
        self.B = nn.Parameter(torch.randn_like(weight[:1].expand(rank, -1)))
        self.merged = None

    def train(self, mode=True):
        self.merged = None
        return super().train(mode)

    def forward(self, x):
        if self.training:
            inner = self.dropout(x) @ self.B.T
            return self.base(x) + self.scale * (inner @ self.A.T)
        if self.merged is None:
            self.merged = self.base.weight + self.scale * (self.A @ self.B)
        return nn.functional.linear(x, self.merged, self.base.bias)

    @torch.no_grad()
    def merge(self):
        out_features, in_features = self.base.weight.shape
        merged = nn.Linear(in_features, out_features, bias=self.base.bias is not None)
        merged.to(self.base.weight.dtype).load_state_dict(self.base.state_dict())
        merged.weight.add_(self.scale * (self.A @ self.B))
        return merged
