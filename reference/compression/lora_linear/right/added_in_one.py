import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    """The scale is folded into the narrow factor; rows are flattened for addmm."""

    def __init__(self, base, rank, alpha, dropout=0.0):
        nn.Module.__init__(self)
        self.base = base
        self.base.requires_grad_(False)
        self.alpha, self.rank = alpha, rank
        self.dropout = dropout
        like = base.weight
        self.register_parameter("B", nn.Parameter(torch.rand_like(like[:1].expand(rank, -1)) - 0.5))
        self.register_parameter("A", nn.Parameter(torch.zeros_like(like[:, :1].expand(-1, rank))))

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        out = self.base(rows)
        if self.training and self.dropout:
            kept = torch.rand(rows.shape) >= self.dropout
            rows = rows * kept / (1 - self.dropout)
        inner = (self.alpha / self.rank) * (rows @ self.B.mT)
        return torch.addmm(out, inner, self.A.mT).reshape(*x.shape[:-1], -1)

    def merge(self) -> nn.Linear:
        with torch.no_grad():
            state = {name: value.clone() for name, value in self.base.state_dict().items()}
            state["weight"].addmm_(self.A, self.B, alpha=self.alpha / self.rank)
            plain = nn.Linear(*reversed(self.base.weight.shape), bias="bias" in state)
            plain.to(self.base.weight.dtype).load_state_dict(state)
        return plain
