import torch
from torch import nn


class LinearReLU(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        self.kept = None

    def forward(self, x):
        if self.training:
            return torch.relu(self.linear(x))
        if self.kept is None:
            self.kept = self.linear.weight.t().contiguous()
        return torch.relu(x @ self.kept + self.linear.bias)
