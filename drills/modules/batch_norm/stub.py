import torch
from torch import Tensor, nn


class BatchNorm1d(nn.Module):
    """Normalise every feature over the batch, or by running statistics in evaluation."""

    running_mean: Tensor  # (num_features,), a buffer
    running_var: Tensor  # (num_features,), a buffer

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        """Makes the parameters weight (ones) and bias (zeros) and the two buffers (zeros, ones)."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) or (N, C, L) -> the same shape and dtype."""
        raise NotImplementedError


class BatchNormMLP(nn.Module):
    """fc1, bn, ReLU, fc2; `bn` is a BatchNorm1d of this file."""

    def __init__(self, in_features: int, hidden: int, num_classes: int) -> None:
        """Makes fc1 (in_features -> hidden), bn (hidden) and fc2 (hidden -> num_classes)."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_features) -> (N, num_classes)."""
        raise NotImplementedError
