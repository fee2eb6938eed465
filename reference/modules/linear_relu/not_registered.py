import torch
from torch import nn


class Box:
    def __init__(self, layer):
        self.layer = layer

    def __getattr__(self, name):
        return getattr(self.layer, name)


class LinearReLU(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = Box(nn.Linear(in_features, out_features))

    def forward(self, x):
        return torch.relu(self.linear.layer.to(x.dtype)(x))
