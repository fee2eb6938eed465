import torch
from torch import nn


class Conv2d(nn.Module):
    """A loop over the places of the kernel; each adds a strided piece of the padded input."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        sizes = [kernel_size, stride, padding]
        (kh, kw), self.stride, self.padding = (
            (size, size) if isinstance(size, int) else tuple(size) for size in sizes
        )
        self.weight = nn.Parameter(torch.rand(out_channels, in_channels, kh, kw) - 0.5)
        self.bias = nn.Parameter(torch.rand(out_channels)) if bias else None

    def forward(self, x):
        out_channels, in_channels, kh, kw = self.weight.shape
        samples, channels, height, width = x.shape
        (ph, pw), (sh, sw) = self.padding, self.stride
        rows, columns = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
        if channels != in_channels or rows < 1 or columns < 1:
            raise ValueError(f"an input of shape {tuple(x.shape)} does not fit")
        padded = x.new_zeros(samples, channels, height + 2 * ph, width + 2 * pw)
        padded[:, :, ph : ph + height, pw : pw + width] = x
        out = x.new_zeros(samples, out_channels, rows, columns)
        for a in range(kh):
            for b in range(kw):
                piece = padded[:, :, a::sh, b::sw][:, :, :rows, :columns]
                out = out + torch.tensordot(piece, self.weight[:, :, a, b], ([1], [1])).movedim(
                    -1, 1
                )
        return out if self.bias is None else out + self.bias[:, None, None]
