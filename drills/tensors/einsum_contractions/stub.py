import torch
from torch import Tensor


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """The dot product of every query with every key: (B,H,T,D), (B,H,S,D) -> (B,H,T,S)."""
    raise NotImplementedError


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    """x[b] times the matrix w[o] times y[b]: (B,I), (O,I,J), (B,J) -> (B,O)."""
    raise NotImplementedError


def batch_trace(x: Tensor) -> Tensor:
    """The trace of every square matrix: (..., N, N) -> (...)."""
    raise NotImplementedError
