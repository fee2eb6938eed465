import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.utils import _pair


class Conv2d(nn.Module):
    """Columns of windows times a matrix."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.kernel_size, self.stride, self.padding = map(_pair, (kernel_size, stride, padding))
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, *self.kernel_size))
        nn.init.kaiming_uniform_(self.weight)
        if bias:
            self.bias = nn.Parameter(torch.zeros(out_channels))
        else:
            self.register_parameter("bias", None)

    def out_size(self, x):
        facts = zip(x.shape[2:], self.kernel_size, self.stride, self.padding, strict=True)
        return [(size + 2 * p - k) // s + 1 for size, k, s, p in facts]

    def forward(self, x):
        if x.shape[1] != self.weight.shape[1]:
            raise ValueError(f"expected {self.weight.shape[1]} channels, got {x.shape[1]}")
        if min(self.out_size(x)) < 1:
            raise ValueError("the input is smaller than the kernel")
        columns = F.unfold(x, self.kernel_size, padding=self.padding, stride=self.stride)
        out = self.weight.flatten(1) @ columns  # (N, out, H_out * W_out)
        if self.bias is not None:
            out += self.bias.unsqueeze(-1)
        return out.unflatten(-1, self.out_size(x))
