import torch
import torch.nn.functional as F
from torch import nn


class Conv2d(nn.Module):
    """In float64 inside, as a convolution in three dimensions of which one is 1."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        pairs = {}
        for name, value in dict(kernel=kernel_size, stride=stride, padding=padding).items():
            pairs[name] = value if isinstance(value, tuple) else (value,) * 2
        self.pairs = pairs
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, *pairs["kernel"]))
        self.register_parameter("bias", nn.Parameter(torch.ones(out_channels)) if bias else None)

    def forward(self, x):
        bias = None if self.bias is None else self.bias.double()
        stride, padding = (1, *self.pairs["stride"]), (0, *self.pairs["padding"])
        weight = self.weight.double().unsqueeze(2)
        out = F.conv3d(x.double().unsqueeze(2), weight, bias, stride, padding)
        return out.squeeze(2).to(x.dtype)
