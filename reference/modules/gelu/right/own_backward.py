import math

import torch


class _Erf(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x * torch.special.erfc(-x * math.sqrt(0.5))).mul(0.5)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        below = torch.special.erfc(-x * math.sqrt(0.5)) / 2
        density = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return upstream * (below + x * density)


class _Tanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        wide = x.double()
        t = torch.tanh(math.sqrt(2 / math.pi) * wide * (1 + 0.044715 * wide * wide))
        ctx.save_for_backward(wide, t)
        return (wide / 2 * (1 + t)).to(x.dtype)

    @staticmethod
    def backward(ctx, upstream):
        x, t = ctx.saved_tensors
        slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        return (upstream * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)).to(upstream.dtype)


def gelu(x, approximate="none"):
    if approximate == "none":
        return _Erf.apply(x)
    if approximate == "tanh":
        return _Tanh.apply(x)
    raise ValueError("approximate")
