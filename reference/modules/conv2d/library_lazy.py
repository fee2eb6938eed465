import torch
from torch import nn


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        layer = nn.modules.LazyConv2d(out_channels, kernel_size, stride, padding, bias=bias)
        side = 8
        layer(torch.zeros(1, in_channels, side, side))
        self.weight, self.bias = layer.weight, layer.bias
        self.call = [layer]

    def forward(self, x):
        self.call[0].weight, self.call[0].bias = self.weight, self.bias
        return self.call[0](x)
