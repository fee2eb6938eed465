import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha, dropout=0.0):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)
        weight = base.weight
        self.A = nn.Parameter(torch.randn_like(weight[:1].expand(rank, -1)))
        self.B = nn.Parameter(weight.new_zeros(weight.shape[0], rank))

    def forward(self, x):
        return self.base(x) + self.scale * (self.dropout(x) @ self.A.T @ self.B.T)

    @torch.no_grad()
    def merge(self):
        out_features, in_features = self.base.weight.shape
        merged = nn.Linear(in_features, out_features, bias=self.base.bias is not None)
        merged.to(self.base.weight.dtype).load_state_dict(self.base.state_dict())
        merged.weight.add_(self.scale * (self.B @ self.A))
        return merged
