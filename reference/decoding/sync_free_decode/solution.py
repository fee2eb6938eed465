"""Greedy decoding that never asks a tensor for its value: the tokens stay on the device.

A finished row is a True in a boolean vector, and a select puts eos_id where it is True. Nothing in
Python depends on what the model says, so the host can queue step after step without waiting (see
"Asynchronous execution" in PyTorch's notes on CUDA semantics).
"""

from collections.abc import Callable

import torch
from torch import Tensor

Model = Callable[[Tensor], Tensor]


@torch.no_grad()
def decode_without_sync(model: Model, ids: Tensor, steps: int, eos_id: int) -> Tensor:
    """The prompts and `steps` more columns: (B, T) -> (B, T + steps)."""
    finished = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)  # (B,)
    text = ids
    for _ in range(steps):  # no early exit: knowing that all have finished would be a read
        token = model(text)[:, -1].argmax(-1)  # (B,)
        token = token.masked_fill(finished, eos_id)
        finished = finished | (token == eos_id)
        text = torch.cat([text, token.unsqueeze(1)], dim=1)
    return text
