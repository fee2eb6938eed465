import torch
from torch import nn


def _attention(q, k, v, heads, mask):
    q, k, v = (x.view(*x.shape[:2], heads, -1) for x in (q, k, v))
    scores = torch.einsum("bthd,bshd->bhts", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        seen = mask[None, None] if mask.dim() == 2 else mask[:, None]
        scores = torch.where(seen, scores, float("-inf"))
    return torch.einsum("bhts,bshd->bthd", scores.softmax(-1), v)


def multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask=None):
    q, k, v = (torch.einsum("bti,io->bto", x, w) for w in (w_q, w_k, w_v))
    out = _attention(q, k, v, heads, mask)
    return torch.einsum("bthd,hdo->bto", out, w_o.reshape(heads, -1, w_o.shape[-1]))


class MultiHeadAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(dim, dim))

    def forward(self, query, key, value, mask=None):
        out = _attention(self.q_proj(query), self.k_proj(key), self.v_proj(value), self.heads, mask)
        return self.out_proj(out.reshape(query.shape))
