"""Linear regression as a module, trained by plain full-batch gradient descent."""

import torch
from torch import Tensor, nn


class LinearRegression(nn.Module):
    """One linear layer, `self.linear`, with a single output."""

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_features) -> (N, 1)."""
        return self.linear(x)


def fit(model: LinearRegression, x: Tensor, y: Tensor, lr: float, steps: int) -> list[float]:
    """Train by gradient descent on the mean squared error; the loss before each step."""
    target = y.reshape(-1, 1)  # (N, 1): against (N,) the difference would broadcast to (N, N)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(steps):
        optimizer.zero_grad()  # before backward, which adds to whatever .grad holds
        loss = (model(x) - target).square().mean()
        loss.backward()
        optimizer.step()
        history.append(loss.item())  # a number: the tensor would keep its graph alive
    return history
