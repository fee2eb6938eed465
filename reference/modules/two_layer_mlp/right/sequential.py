from collections import OrderedDict

from torch import nn


class MLPClassifier(nn.Sequential):
    """The forward pass is that of nn.Sequential, but for the name of its argument."""

    def __init__(self, in_features, hidden, num_classes):
        layers = [
            ("fc1", nn.Linear(in_features, hidden)),
            ("act", nn.ReLU(inplace=True)),
            ("fc2", nn.Linear(hidden, num_classes)),
        ]
        super().__init__(OrderedDict(layers))
        nn.init.kaiming_normal_(self.fc1.weight, nonlinearity="relu")
        nn.init.zeros_(self.fc1.bias)

    def forward(self, x):
        return super().forward(x)
