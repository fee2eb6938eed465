import math

import torch
from torch import nn


class _Again(torch.autograd.Function):
    @staticmethod
    def forward(ctx, first, last, layers, x, token):
        ctx.run = first, last, layers
        ctx.x = x.detach()
        ctx.state = torch.random.get_rng_state()
        for layer in layers[first:last]:
            x = layer(x)
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        first, last, layers = ctx.run
        now = torch.random.get_rng_state()
        torch.random.set_rng_state(ctx.state)
        with torch.enable_grad():
            x = out = ctx.x.requires_grad_(ctx.needs_input_grad[3])
            for layer in layers[first:last]:
                out = layer(out)
            ctx.x = None
            if out.requires_grad:
                torch.autograd.backward([out], [upstream])  # straight into the parameters' grad
        torch.random.set_rng_state(now)
        return None, None, None, x.grad, None


class CheckpointedStack(nn.Module):
    """Runs of ceil(n / segments) layers; the last keeps its graph, which backward needs first."""

    def __init__(self, layers, segments):
        super().__init__()
        count = len(layers)
        if not 0 < segments <= count:
            raise ValueError("there must be 1 to len(layers) segments")
        self.layers = nn.ModuleList(layers)
        self.size = math.ceil(count / segments)

    def forward(self, x):
        count = len(self.layers)
        token = torch.empty(0, requires_grad=True)  # so that the graph is there without x's help
        start = 0
        trained = False
        while start + self.size < count and torch.is_grad_enabled():
            part = self.layers[start : start + self.size]
            trained = trained or x.requires_grad or any(p.requires_grad for p in part.parameters())
            if trained:
                x = _Again.apply(start, start + self.size, self.layers, x, token)
            else:
                x = nn.Sequential(*part)(x)
            start += self.size
        for layer in self.layers[start:]:
            x = layer(x)
        return x
