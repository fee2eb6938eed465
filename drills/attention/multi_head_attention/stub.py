import torch
from torch import Tensor, nn


def multi_head_attention(
    x: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    w_o: Tensor,
    heads: int,
    mask: Tensor | None = None,
) -> Tensor:
    """Self-attention with `heads` heads: x (B, T, dim), weights (dim, dim) -> (B, T, dim)."""
    raise NotImplementedError


class MultiHeadAttention(nn.Module):
    """The layer: q_proj, k_proj, v_proj and out_proj are nn.Linear(dim, dim)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """query (B, T, dim), key and value (B, S, dim) -> (B, T, dim)."""
        raise NotImplementedError
