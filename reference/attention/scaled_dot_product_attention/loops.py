import math

import torch


def scaled_dot_product_attention(q, k, v):
    if q.dim() > 2:
        rows = [scaled_dot_product_attention(*row) for row in zip(q, k, v, strict=True)]
        return torch.stack(rows)
    return torch.softmax(q @ k.T / math.sqrt(q.shape[-1]), -1) @ v
