"""A 2-D convolution as a module: parameters of its own, and torch.nn.functional.conv2d on them.

What deep learning calls a convolution is the cross-correlation; the kernel is not flipped.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv2d(nn.Module):
    """A two-dimensional convolution (cross-correlation) with zero padding."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        kh, kw = as_pair(kernel_size)
        self.stride = as_pair(stride)
        self.padding = as_pair(padding)
        weight = torch.empty(out_channels, in_channels, kh, kw)
        self.weight = nn.Parameter(nn.init.kaiming_normal_(weight))  # variance 2 / (in * kh * kw)
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H_out, W_out), in the dtype of `x`."""
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def as_pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """One number for height and width, or one for each."""
    return (value, value) if isinstance(value, int) else value
