import torch
from torch import nn


class _Projection(nn.Linear):
    def __init__(self, dim):
        super().__init__(dim, dim)


class MultiHeadAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = _Projection(dim), _Projection(dim)
        self.v_proj, self.out_proj = _Projection(dim), _Projection(dim)

    def forward(self, query, key, value, mask=None):
        sides = ((self.q_proj, query), (self.k_proj, key), (self.v_proj, value))
        q, k, v = (x @ one.weight.t() + one.bias for one, x in sides)
        return self.out_proj(_attend(q, k, v, self.heads, mask))


def _attend(q, k, v, heads, mask):
    dtype, width = q.dtype, q.shape[-1] // heads
    q, k, v = (torch.stack(x.double().split(width, dim=-1), dim=1) for x in (q, k, v))
    powers = q @ k.transpose(2, 3) / width**0.5
    if mask is not None:
        seen = mask.expand(len(q), -1, -1).unsqueeze(1)
        powers = powers.masked_fill(~seen, torch.finfo(powers.dtype).min)
    powers = (powers - powers.amax(-1, keepdim=True)).exp()
    out = powers / powers.sum(-1, keepdim=True) @ v
    return torch.cat(out.unbind(1), dim=-1).to(dtype)


def multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask=None):
    return _attend(x.matmul(w_q), x.matmul(w_k), x.matmul(w_v), heads, mask).matmul(w_o)
