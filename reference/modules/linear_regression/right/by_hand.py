import torch
from torch import nn


class LinearRegression(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.linear = nn.Linear(in_features, 1)

    def forward(self, x):
        return x @ self.linear.weight.T + self.linear.bias


@torch.no_grad()
def fit(model, x, y, lr, steps):
    """The gradient of the mean of r^2, written out: 2/N X^T r and 2/N sum(r)."""
    history = []
    for _ in range(steps):
        r = model(x)[:, 0] - y.flatten()
        history.append(float((r * r).sum() / len(r)))
        model.linear.weight -= lr * 2 / len(r) * (r @ x)
        model.linear.bias -= lr * 2 * r.mean()
    return history
