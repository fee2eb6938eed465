from collections.abc import Callable

import torch
from torch import Tensor

Model = Callable[[Tensor], Tensor]  # ids (B, T) int64 -> logits (B, T, V)


def accept_or_resample(
    target_probs: Tensor,
    draft_probs: Tensor,
    drafted: Tensor,
    generator: torch.Generator | None = None,
) -> list[int]:
    """The accepted drafted tokens and one more: (k + 1, V), (k, V), (k,) -> 1 to k + 1 tokens."""
    raise NotImplementedError


def speculative_sample(
    target: Model,
    draft: Model,
    prompt: list[int],
    k: int,
    max_new_tokens: int,
    generator: torch.Generator | None = None,
) -> list[int]:
    """The prompt and `max_new_tokens` tokens, distributed as the target's own samples."""
    raise NotImplementedError
