import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv2d(nn.Module):
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
        bound = 1 / math.sqrt(in_channels * kh * kw)  # 1 / sqrt(inputs of one output)
        weight = torch.empty(out_channels, in_channels, kh, kw)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        self.bias = (
            nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound)) if bias else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H_out, W_out), in the dtype of `x`."""
        out_channels, in_channels, kh, kw = self.weight.shape
        if x.shape[1] != in_channels:
            raise ValueError(f"{x.shape[1]} channels instead of {in_channels}")
        (ph, pw), (sh, sw) = self.padding, self.stride
        height = max((x.shape[2] + 2 * ph - kh) // sh + 1, 0)
        width = max((x.shape[3] + 2 * pw - kw) // sw + 1, 0)
        if height * width == 0:
            return x.new_zeros(len(x), out_channels, height, width)
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def as_pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """One number for height and width, or one for each."""
    return (value, value) if isinstance(value, int) else value
