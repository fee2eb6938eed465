import torch
from torch import nn
from torch.nn import functional as F


def attend(sources, weights, biases, heads, mask):
    dim = sources[0].shape[-1]
    if mask is not None:
        mask = ~mask if mask.dim() == 2 else ~mask.repeat_interleave(heads, dim=0)
    out, _ = F.multi_head_attention_forward(
        *(x.transpose(0, 1) for x in sources),
        dim,
        heads,
        torch.cat(weights[:3]),
        torch.cat(biases[:3]),
        None,
        None,
        False,
        0.0,
        weights[3],
        biases[3],
        attn_mask=mask,
    )
    return out.transpose(0, 1)


def multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask=None):
    weights = [w.T for w in (w_q, w_k, w_v, w_o)]
    return attend([x] * 3, weights, [x.new_zeros(x.shape[-1])] * 4, heads, mask)


class MultiHeadAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.v_proj, self.out_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, query, key, value, mask=None):
        layers = (self.q_proj, self.k_proj, self.v_proj, self.out_proj)
        weights, biases = [one.weight for one in layers], [one.bias for one in layers]
        return attend([query, key, value], weights, biases, self.heads, mask)
