import torch
from torch import nn


class MLPClassifier(nn.Module):
    """Products summed in the dtype of x, one unit after the other."""

    def __init__(self, in_features, hidden, num_classes):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    @staticmethod
    def _affine(layer, x):
        units = zip(layer.weight, layer.bias, strict=True)
        return torch.stack([(x * weight).sum(-1) + bias for weight, bias in units], dim=-1)

    def forward(self, x):
        inner = self._affine(self.fc1, x)
        return self._affine(self.fc2, inner * (inner > 0))
