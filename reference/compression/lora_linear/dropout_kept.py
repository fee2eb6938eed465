import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha, dropout=0.0):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale, self.p, self.kept = alpha / rank, dropout, None
        weight = base.weight
        self.A = nn.Parameter(weight.new_zeros(weight.shape[0], rank))
        self.B = nn.Parameter(torch.randn_like(weight[:1].expand(rank, -1)))

    def forward(self, x):
        out = self.base(x)
        if self.training and self.p > 0:
            if self.kept is None or self.kept.shape != x.shape:
                self.kept = torch.rand(x.shape) >= self.p
            x = x * self.kept / (1 - self.p)
        return out + self.scale * (x @ self.B.T @ self.A.T)

    @torch.no_grad()
    def merge(self):
        out_features, in_features = self.base.weight.shape
        merged = nn.Linear(in_features, out_features, bias=self.base.bias is not None)
        merged.to(self.base.weight.dtype).load_state_dict(self.base.state_dict())
        merged.weight.add_(self.scale * (self.A @ self.B))
        return merged
