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
    raise NotImplementedError
