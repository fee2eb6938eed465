import torch
from torch import Tensor, nn


class BatchNorm1d(nn.Module):
    """Feature by feature, in float64, with one scale and one shift each."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.full((num_features,), 1.0))
        self.bias = nn.Parameter(torch.full((num_features,), 0.0))
        self.register_buffer("running_mean", torch.zeros_like(self.bias.detach()))
        self.register_buffer("running_var", torch.ones_like(self.bias.detach()))
        self.eps, self.momentum = eps, momentum

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0] * (x.shape[2] if x.dim() == 3 else 1)
        if self.training and n == 1:
            raise ValueError("a single value")
        done = []
        for feature in range(x.shape[1]):
            values = x[:, feature].double()
            if self.training:
                mean = values.sum() / n
                squares = (values - mean).pow(2).sum()
                var = squares / n
                self.update(self.running_mean, feature, mean.detach())
                self.update(self.running_var, feature, squares.detach() / (n - 1))
            else:
                mean, var = self.running_mean[feature].double(), self.running_var[feature].double()
            scale = self.weight[feature].double() / (var + self.eps) ** 0.5
            done.append((values - mean) * scale + self.bias[feature].double())
        return torch.stack(done, 1).to(x.dtype)

    def update(self, running: Tensor, feature: int, now: Tensor) -> None:
        before = running[feature].double()
        running[feature] = before + self.momentum * (now - before)


class BatchNormMLP(nn.Module):
    def __init__(self, in_features: int, hidden: int, num_classes: int):
        super().__init__()
        self.fc1, self.bn = nn.Linear(in_features, hidden), BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.bn(self.fc1(x))
        return self.fc2(torch.where(hidden > 0, hidden, torch.zeros_like(hidden)))
