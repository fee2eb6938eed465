import math

import torch
from torch import Tensor, nn


class RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float = 1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(dim) + 1)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x if x.dtype == torch.float64 else x.float()
        root = math.sqrt(x.shape[-1])
        length = torch.linalg.vector_norm(wide, dim=-1, keepdim=True) / root
        return torch.div(wide * self.weight, (length * length + self.eps).sqrt()).type_as(x)
