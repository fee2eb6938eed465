import torch
from torch import nn


def masked_attention(q, k, v, mask=None):
    width, value_width = q.shape[-1], v.shape[-1]
    layer = nn.MultiheadAttention(width, 1, bias=False, vdim=value_width, batch_first=True)
    eye = torch.eye(width, dtype=q.dtype)
    layer.q_proj_weight = layer.k_proj_weight = nn.Parameter(eye)
    layer.v_proj_weight = nn.Parameter(torch.eye(width, value_width, dtype=q.dtype))
    layer.out_proj.weight = nn.Parameter(eye)
    out, _ = layer(q, k, v, attn_mask=None if mask is None else ~mask)
    return out[..., :value_width]
