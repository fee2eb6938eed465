"""Scaled dot-product attention (Vaswani et al., 2017) under a boolean mask, True = may attend."""

import math

import torch
from torch import Tensor


def masked_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """(..., T, D), (..., S, D), (..., S, E), mask to (..., T, S) -> (..., T, E)."""
    if mask is None:
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, S)
    scores = scores.masked_fill(~mask, -torch.inf)  # replaces whatever is there, NaN too
    weights = torch.softmax(scores, dim=-1)  # NaN where a row is all -inf
    weights = weights.masked_fill(~mask, 0.0)  # so a row without a key gets zeros
    return weights @ v.masked_fill(~v.isfinite(), 0.0)  # 0 * NaN is NaN: clean v itself
