from collections.abc import Callable
from typing import Any

from torch import Tensor

Model = Callable[..., tuple[Tensor, Any]]  # model(ids, past=None) -> (logits, past)


def generate_cached(
    model: Model, ids: Tensor, max_new_tokens: int, eos_id: int | None = None
) -> Tensor:
    """The prompts and the tokens that greedy decoding adds: (B, T) int64 -> (B, T + n) int64."""
    raise NotImplementedError
