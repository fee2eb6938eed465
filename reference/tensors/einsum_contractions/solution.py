"""Einsum: a letter that the output does not name is multiplied along and summed over.

The notation is Einstein's (1916); torch.einsum documents the letters, the ellipsis and the sum.
"""

import torch
from torch import Tensor


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """(B,H,T,D), (B,H,S,D) -> (B,H,T,S): only d is summed."""
    return torch.einsum("bhtd,bhsd->bhts", q, k)


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    """(B,I), (O,I,J), (B,J) -> (B,O): b stays, so that rows of x and y meet in pairs."""
    partial = torch.einsum("bi,oij->boj", x, w)  # (B,O,J), two operands a step
    return torch.einsum("boj,bj->bo", partial, y)


def batch_trace(x: Tensor) -> Tensor:
    """(..., N, N) -> (...): a letter twice in one operand walks along the diagonal."""
    return torch.einsum("...ii->...", x)
