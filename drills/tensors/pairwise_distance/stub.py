import torch
from torch import Tensor


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """The squared Euclidean distance of each x[i] to each y[j]: (N,D), (M,D) -> (N,M)."""
    raise NotImplementedError
