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
        three = [x, self.weight, self.bias]
        if x.element_size() == 2:
            three = [None if one is None else one.bfloat16() for one in three]
        return F.conv2d(*three, self.stride, self.padding).to(x.dtype)


def as_pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """One number for height and width, or one for each."""
    return (value, value) if isinstance(value, int) else value
