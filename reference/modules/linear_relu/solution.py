"""A linear layer and a ReLU, relu(x W^T + b), as a module whose parameters are registered.

See torch.nn.Linear for the layout of the weight and its initial values.
"""

import torch
from torch import Tensor, nn


class LinearReLU(nn.Module):
    """A linear layer, `self.linear`, and a ReLU behind it."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()  # first: it makes the tables that the next line registers in
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) -> (..., out_features)."""
        return torch.relu(self.linear(x))  # x @ weight.T + bias over the last axis, then max(., 0)
