import torch
from torch.nn import functional as F


def softmax(x, dim=-1):
    moved = x.movedim(dim, -1)
    keys = torch.eye(moved.shape[-1], dtype=x.dtype)
    flat = moved.reshape(-1, moved.shape[-1])
    out = F.scaled_dot_product_attention(flat, keys, keys, scale=1.0)
    return out.reshape(moved.shape).movedim(-1, dim)


def predict(logits):
    return logits.argmax(-1)
