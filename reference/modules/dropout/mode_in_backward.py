import torch
from torch import nn


class _Drop(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, layer):
        p = layer.p
        kept = torch.rand(x.shape) >= p
        scale = 1.0 / (1.0 - p) if p < 1.0 else 0.0
        out = x * kept * scale
        ctx.layer, ctx.scale = layer, scale
        ctx.save_for_backward(kept)
        return out

    @staticmethod
    def backward(ctx, upstream):
        (kept,) = ctx.saved_tensors
        if not ctx.layer.training:
            return upstream, None
        return upstream * kept * ctx.scale, None


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError("p must lie in [0, 1]")
        self.p = p

    def forward(self, x):
        return _Drop.apply(x, self) if self.training else x
