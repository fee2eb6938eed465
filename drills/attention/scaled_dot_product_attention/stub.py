import torch
from torch import Tensor


def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(D)) v: (..., T, D), (..., S, D), (..., S, E) -> (..., T, E)."""
    raise NotImplementedError
