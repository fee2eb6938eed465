import torch
from torch import nn


class LinearReLU(nn.Module):
    """Products summed in the dtype of x, one unit after the other."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x):
        units = zip(self.linear.weight, self.linear.bias, strict=True)
        outs = [(x * weight).sum(-1) + bias for weight, bias in units]
        out = torch.stack(outs, dim=-1)
        return out * (out > 0)
