"""Scaled dot-product attention (Vaswani et al., 2017): softmax(q k^T / sqrt(D)) v."""

import math

import torch
from torch import Tensor


def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(..., T, D), (..., S, D), (..., S, E) -> (..., T, E)."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, S)
    weights = torch.softmax(scores, dim=-1)  # each query's weights over the keys sum to 1
    return weights @ v  # (..., T, E)
