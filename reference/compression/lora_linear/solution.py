"""LoRA (Hu et al., 2021): a frozen weight W plus a trainable update of low rank."""

import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    """A frozen linear layer with a trainable low-rank update: W + (alpha / rank) A B."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float, dropout: float = 0.0) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)
        weight = base.weight  # (out, in)
        # A zero: the product starts at zero. B random: so A gets a gradient, and then B does.
        self.A = nn.Parameter(weight.new_zeros(weight.shape[0], rank))
        self.B = nn.Parameter(weight.new_empty(rank, weight.shape[1]))
        nn.init.normal_(self.B, std=weight.shape[1] ** -0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        # Through the narrow middle: rank * (in + out) products a row. A @ B would have in * out.
        inner = nn.functional.linear(self.dropout(x), self.B)  # (..., r)
        return self.base(x) + self.scale * nn.functional.linear(inner, self.A)  # (..., out)

    @torch.no_grad()
    def merge(self) -> nn.Linear:
        """A new plain Linear that computes what forward does in evaluation."""
        weight, bias = self.base.weight, self.base.bias
        made = {"device": weight.device, "dtype": weight.dtype}
        merged = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, **made)
        merged.weight.copy_(weight + self.scale * (self.A @ self.B))
        if bias is not None:
            merged.bias.copy_(bias)  # a copy: the base's own bias stays its own
        return merged
