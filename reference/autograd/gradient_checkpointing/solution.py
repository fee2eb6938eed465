"""Gradient checkpointing: keep what enters each segment and compute the rest again in backward.

Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016, https://arxiv.org/abs/1604.06174
"""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


class Segment(torch.autograd.Function):
    """Runs layers without a graph; its backward runs them once more, with one."""

    @staticmethod
    def forward(ctx: Any, layers: nn.ModuleList, x: Tensor, *parameters: Tensor) -> Tensor:
        # Parameters are arguments so that the result is in the graph even where x is not.
        ctx.layers, ctx.rng = layers, torch.get_rng_state()
        ctx.save_for_backward(x, *parameters)
        return run(layers, x)  # inside a Function autograd is off: nothing else is kept

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        x, *parameters = ctx.saved_tensors
        inputs = [x.detach().requires_grad_(ctx.needs_input_grad[1]), *parameters]
        with torch.enable_grad(), torch.random.fork_rng(devices=[]):
            torch.set_rng_state(ctx.rng)  # the dropout masks of the first time
            out = run(ctx.layers, inputs[0])
            total = (out * upstream).sum()  # whose gradient is upstream times out's Jacobian
        wanted = [one for one in inputs if one.requires_grad]
        found = iter(torch.autograd.grad(total, wanted, allow_unused=True))
        return None, *(next(found) if one.requires_grad else None for one in inputs)


def run(layers: nn.ModuleList, x: Tensor) -> Tensor:
    """One layer after the other."""
    for layer in layers:
        x = layer(x)
    return x


class CheckpointedStack(nn.Module):
    """Runs layers one after the other and keeps only the inputs of its segments for backward."""

    layers: nn.ModuleList

    def __init__(self, layers: list[nn.Module], segments: int) -> None:
        super().__init__()
        if not 1 <= segments <= len(layers):
            raise ValueError(f"{len(layers)} layers can't be split into {segments} segments")
        self.layers = nn.ModuleList(layers)
        self.segments = segments

    def forward(self, x: Tensor) -> Tensor:
        """What the layers give one after the other."""
        ends = [len(self.layers) * i // self.segments for i in range(self.segments + 1)]
        for start, end in pairwise(ends):
            layers = self.layers[start:end]
            x = Segment.apply(layers, x, *layers.parameters())
        return x
