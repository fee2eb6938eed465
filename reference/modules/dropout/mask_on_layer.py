import torch
from torch import nn


class _Drop(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, layer):
        layer.kept = torch.rand(x.shape) >= layer.p
        ctx.layer = layer
        return x * layer.kept * layer.scale

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.layer.kept * ctx.layer.scale, None


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError("p must lie in [0, 1]")
        self.p = p
        self.scale = 1.0 / (1.0 - p) if p < 1.0 else 0.0

    def forward(self, x):
        return _Drop.apply(x, self) if self.training else x
