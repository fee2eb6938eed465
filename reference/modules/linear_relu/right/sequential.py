from collections import OrderedDict

from torch import nn


class LinearReLU(nn.Sequential):
    """The forward pass is that of nn.Sequential, but for the name of its argument."""

    def __init__(self, in_features, out_features):
        layers = {"linear": nn.Linear(in_features, out_features), "relu": nn.ReLU(inplace=True)}
        super().__init__(OrderedDict(layers))

    def forward(self, x):
        return super().forward(x)
