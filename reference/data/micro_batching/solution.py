"""Micro-batching: a loop over slices of the batch, without a graph, and one concatenation."""

from collections.abc import Callable

import torch
from torch import Tensor


def micro_batched(model: Callable[[Tensor], Tensor], x: Tensor, micro_batch: int) -> Tensor:
    """model(x) without a graph, with at most `micro_batch` rows of x in a call."""
    if micro_batch < 1:
        raise ValueError(f"micro_batch is at least 1, not {micro_batch}")
    # Around the model: detach() afterwards would build the graph first.
    with torch.no_grad():
        parts = x.split(micro_batch)  # views (n, ...); the last may be short, and 0 rows are a part
        return torch.cat([model(rows) for rows in parts])  # (N, ...)
