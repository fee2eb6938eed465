"""Batch norm (Ioffe and Szegedy, 2015): every feature to mean 0 and variance 1 over the batch."""

import torch
from torch import Tensor, nn


class BatchNorm1d(nn.Module):
    """Normalise every feature over the batch, or by running statistics in evaluation."""

    running_mean: Tensor  # (num_features,), a buffer
    running_var: Tensor  # (num_features,), a buffer

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        # Buffers are saved and moved with the module, but no optimizer sees them.
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) or (N, C, L) -> the same shape and dtype."""
        wide = x.float() if x.element_size() == 2 else x  # half types are too coarse for a mean
        rows = wide.movedim(1, -1)  # (N, C) or (N, L, C): features last
        if self.training:
            self._observe(rows.reshape(-1, rows.shape[-1]))
        library = nn.BatchNorm1d(rows.shape[-1], self.eps, None, affine=False)
        normal = library(rows.reshape(-1, rows.shape[-1])).reshape(rows.shape)
        out = normal * self.weight + self.bias
        return out.movedim(-1, 1).to(x.dtype)  # rounded once

    def _observe(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance of rows (n, C), which also go into the running statistics."""
        n = len(rows)
        if n == 1:
            raise ValueError("in training a feature needs more than one value: its variance is 0")
        mean = rows.mean(0)  # (C,)
        var = (rows - mean).square().mean(0)  # (C,), divided by n
        with torch.no_grad():  # else the graph of every batch would be kept
            self._track(self.running_mean, mean)
            self._track(self.running_var, var * (n / (n - 1)))  # the unbiased estimate
        return mean, var

    def _track(self, running: Tensor, batch: Tensor) -> None:
        """Move the running statistic by the share `momentum` towards that of the batch."""
        running.copy_(running.to(batch.dtype).lerp(batch, self.momentum))  # rounded once


class BatchNormMLP(nn.Module):
    """Linear, batch norm, ReLU, Linear."""

    def __init__(self, in_features: int, hidden: int, num_classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.bn = BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_features) -> (N, num_classes)."""
        return self.fc2(torch.relu(self.bn(self.fc1(x))))
