import math

import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    """The other factor is the zero one."""

    def __init__(self, base, rank, alpha, dropout=0.0):
        super().__init__()
        for parameter in base.parameters():
            parameter.requires_grad = False
        self.base, self.rank, self.alpha, self.p = base, rank, alpha, dropout
        made = {"dtype": base.weight.dtype, "device": base.weight.device}
        self.A = nn.Parameter(torch.empty(base.out_features, rank, **made))
        self.B = nn.Parameter(torch.zeros(rank, base.in_features, **made))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))

    def forward(self, x):
        inner = F.dropout(x, self.p, self.training) @ self.B.T
        return F.linear(x, self.base.weight, self.base.bias) + inner @ self.A.T * (
            self.alpha / self.rank
        )

    def merge(self):
        weight = self.base.weight + self.alpha / self.rank * torch.mm(self.A, self.B)
        bias = self.base.bias
        merged = nn.Linear(self.base.in_features, self.base.out_features, bias is not None)
        merged.weight = nn.Parameter(weight.detach())
        if bias is not None:
            merged.bias = nn.Parameter(bias.detach().clone())
        return merged
