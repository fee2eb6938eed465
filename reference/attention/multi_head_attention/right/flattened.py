import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, dim // heads
        self.out_proj = nn.Linear(dim, dim)
        self.v_proj = nn.Linear(dim, dim)
        self.k_proj = nn.Linear(dim, dim)
        self.q_proj = nn.Linear(dim, dim)

    def forward(self, query, key, value, mask=None):
        sources = ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        q, k, v = (_fold(project(x), self.heads, self.width) for project, x in sources)
        return self.out_proj(_unfold(_attend(q, k, v, self.heads, mask), self.heads))


def multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask=None):
    width = x.size(-1) // heads
    together = x @ torch.cat([w_q, w_k, w_v], dim=1)  # one product for all three
    q, k, v = (_fold(part, heads, width) for part in together.chunk(3, dim=-1))
    return _unfold(_attend(q, k, v, heads, mask), heads) @ w_o


def _fold(x: Tensor, heads: int, width: int) -> Tensor:
    """(B, L, dim) -> (B * heads, L, width)."""
    batch, length, _ = x.shape
    return x.reshape(batch, length, heads, width).permute(0, 2, 1, 3).reshape(-1, length, width)


def _unfold(x: Tensor, heads: int) -> Tensor:
    _, length, width = x.shape
    return (
        x.reshape(-1, heads, length, width).permute(0, 2, 1, 3).reshape(-1, length, heads * width)
    )


def _attend(q: Tensor, k: Tensor, v: Tensor, heads: int, mask: Tensor | None) -> Tensor:
    bias = q.new_zeros(1, 1, 1)
    if mask is not None:
        bias = q.new_zeros(mask.shape).masked_fill(mask.logical_not(), -torch.inf)
        bias = bias.repeat_interleave(heads, 0) if mask.dim() == 3 else bias.unsqueeze(0)
    return torch.bmm(torch.softmax(torch.bmm(q, k.mT) / q.size(-1) ** 0.5 + bias, -1), v)
