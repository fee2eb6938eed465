import torch
import torch.nn.functional as F
from torch import nn


class Conv2d(nn.Module):
    """A view of all windows, contracted with the weight."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        to_pair = lambda v: v if isinstance(v, tuple) else (v, v)  # noqa: E731
        self.steps, (self.rows, self.columns) = to_pair(stride), to_pair(padding)
        shape = (out_channels, in_channels, *to_pair(kernel_size))
        self.weight = nn.Parameter(0.1 * torch.randn(shape))
        self.bias = nn.Parameter(torch.rand(out_channels)) if bias else None

    def forward(self, x):
        if x.size(1) != self.weight.size(1):
            raise RuntimeError("wrong number of channels")
        padded = F.pad(x, (self.columns, self.columns, self.rows, self.rows))
        windows = padded
        for axis in (2, 3):
            windows = windows.unfold(axis, self.weight.size(axis), self.steps[axis - 2])
        out = torch.einsum("ncijab,ocab->noij", windows, self.weight)
        return out if self.bias is None else out + self.bias.view(-1, 1, 1)
