import torch
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
        """Makes weight (out_channels, in_channels, kh, kw) and bias (out_channels,) or None."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H_out, W_out), in the dtype of `x`."""
        raise NotImplementedError
