import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.v_proj, self.out_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, query, key, value, mask=None):
        inner = nn.MultiheadAttention(query.shape[-1], self.heads, batch_first=True)
        inner.to(query.dtype)
        projections = (self.q_proj, self.k_proj, self.v_proj)
        with torch.no_grad():
            inner.in_proj_weight.copy_(torch.cat([one.weight for one in projections]))
            inner.in_proj_bias.copy_(torch.cat([one.bias for one in projections]))
        inner.out_proj = self.out_proj
        if mask is not None and mask.dim() == 3:
            mask = mask.repeat_interleave(self.heads, dim=0)
        return inner(query, key, value, attn_mask=None if mask is None else ~mask)[0]


def multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask=None):
    layer = MultiHeadAttention(x.shape[-1], heads).to(x.dtype)
    with torch.no_grad():
        for name, weight in {"q": w_q, "k": w_k, "v": w_v, "out": w_o}.items():
            getattr(layer, f"{name}_proj").weight.copy_(weight.T)
            getattr(layer, f"{name}_proj").bias.zero_()
    return layer(x, x, x, mask)
