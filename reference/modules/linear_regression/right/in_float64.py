import torch
from torch import nn


class LinearRegression(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.linear = nn.Linear(in_features, 1)

    def forward(self, x):
        return self.linear(x)


def fit(model, x, y, lr, steps):
    """Sums over samples in float64, on a copy of the parameters that is put back at the end."""
    w, b = model.linear.weight.detach().double()[0], model.linear.bias.detach().double()
    x, y, history = x.double(), y.double().flatten(), []
    for _ in range(steps):
        r = x @ w + b - y
        history.append(r.square().mean().item())
        w, b = w - lr * 2 * (x.T @ r) / len(r), b - lr * 2 * r.mean()
    with torch.no_grad():
        model.linear.weight.copy_(w[None])
        model.linear.bias.copy_(b)
    return history
