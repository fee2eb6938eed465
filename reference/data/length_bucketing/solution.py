"""Length bucketing: sort the indices by length, slice them, and put results back by index."""

from collections.abc import Callable

import torch
from torch import Tensor


def bucketed_inference(
    model: Callable[[Tensor, Tensor], Tensor],
    sequences: list[list[int]],
    batch_size: int,
    pad_id: int = 0,
) -> list[Tensor]:
    """model(ids, mask) -> (B, D); one vector (D,) per sequence, in the order of `sequences`."""
    order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
    results: list[Tensor] = [torch.empty(0)] * len(sequences)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]  # indices of up to batch_size neighbours
        width = len(sequences[chosen[-1]])  # T: the last one is the longest
        ids = torch.full((len(chosen), width), pad_id, dtype=torch.int64)  # (B, T)
        mask = torch.zeros_like(ids)  # (B, T)
        for row, index in enumerate(chosen):
            tokens = sequences[index]
            ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
            mask[row, : len(tokens)] = 1
        for index, result in zip(chosen, model(ids, mask), strict=True):  # (D,) each
            results[index] = result
    return results
