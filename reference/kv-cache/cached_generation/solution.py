"""Greedy generation with a KV cache: the prompt is fed once, then one token a row and step.

What the model sees in a call comes after all that its past has seen, so a token is fed only once
(incremental decoding; Shazeer, 2019, "Fast Transformer Decoding").
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Model = Callable[..., tuple[Tensor, Any]]


@torch.no_grad()
def generate_cached(
    model: Model, ids: Tensor, max_new_tokens: int, eos_id: int | None = None
) -> Tensor:
    """The prompts and the tokens that greedy decoding adds: (B, T) -> (B, T + n)."""
    finished = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
    columns, fed, past = [ids], ids, None
    for _ in range(max_new_tokens):
        logits, past = model(fed, past)  # (B, T, V) for the prompt, then (B, 1, V)
        token = logits[:, -1].argmax(-1)  # (B,)
        if eos_id is not None:
            token = token.masked_fill(finished, eos_id)
            finished |= token == eos_id
        fed = token.unsqueeze(1)  # (B, 1): all that the past has not seen
        columns.append(fed)
        if finished.all():  # before the next call: nobody would use its logits
            break
    return torch.cat(columns, dim=1)
