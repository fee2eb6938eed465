import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha, dropout=0.0):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)
        out_features, in_features = base.weight.shape
        made = {"bias": False, "dtype": base.weight.dtype}
        self.lora_down = nn.Linear(in_features, rank, **made)
        self.lora_up = nn.Linear(rank, out_features, **made)
        nn.init.zeros_(self.lora_up.weight)

    @property
    def A(self):
        return self.lora_up.weight

    @property
    def B(self):
        return self.lora_down.weight

    def forward(self, x):
        return self.base(x) + self.scale * self.lora_up(self.lora_down(self.dropout(x)))

    @torch.no_grad()
    def merge(self):
        out_features, in_features = self.base.weight.shape
        merged = nn.Linear(in_features, out_features, bias=self.base.bias is not None)
        merged.to(self.base.weight.dtype).load_state_dict(self.base.state_dict())
        merged.weight.add_(self.scale * (self.A @ self.B))
        return merged
