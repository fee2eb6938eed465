from collections.abc import Callable

from torch import Tensor

Model = Callable[[Tensor], Tensor]  # ids (B, T) int64 -> logits (B, T, V)


def decode_without_sync(model: Model, ids: Tensor, steps: int, eos_id: int) -> Tensor:
    """The prompts and `steps` more columns: (B, T) int64 -> (B, T + steps) int64."""
    raise NotImplementedError
