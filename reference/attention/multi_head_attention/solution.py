"""Multi-head attention (Vaswani et al., 2017, section 3.2.2), as a function and as a layer."""

import math

import torch
from torch import Tensor, nn


def split(x: Tensor, heads: int) -> Tensor:
    """(B, L, dim) -> (B, heads, L, dim / heads): each head's columns."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int, mask: Tensor | None) -> Tensor:
    """All heads at once: (B, T, dim), (B, S, dim), (B, S, dim) -> (B, T, dim)."""
    q, k, v = split(q, heads), split(k, heads), split(v, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, heads, T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask.unsqueeze(-3), -torch.inf)  # one mask for all heads
    out = torch.softmax(scores, dim=-1) @ v  # (B, heads, T, dim / heads)
    return out.transpose(1, 2).flatten(2)  # side by side again


def multi_head_attention(
    x: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    w_o: Tensor,
    heads: int,
    mask: Tensor | None = None,
) -> Tensor:
    """Self-attention: x (B, T, dim), weights (dim, dim) -> (B, T, dim)."""
    return attend(x @ w_q, x @ w_k, x @ w_v, heads, mask) @ w_o


class MultiHeadAttention(nn.Module):
    """The same with projections of its own, for queries and keys of any two lengths."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(dim, dim)
        self.k_proj = nn.Linear(dim, dim)
        self.v_proj = nn.Linear(dim, dim)
        self.out_proj = nn.Linear(dim, dim)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """query (B, T, dim), key and value (B, S, dim) -> (B, T, dim)."""
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        return self.out_proj(attend(q, k, v, self.heads, mask))
