"""Nucleus sampling (Holtzman et al., 2020): sample from the fewest tokens that hold mass p."""

import torch
from torch import Tensor


def sample_top_p(
    logits: Tensor,
    p: float,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """One token a row from its nucleus: (B, V) -> (B,) int64."""
    if not 0.0 < p <= 1.0:
        raise ValueError(f"p is a mass in (0, 1], not {p}")
    if temperature < 0.0:
        raise ValueError(f"the temperature can't be negative, as {temperature} is")
    if temperature == 0.0:
        return logits.argmax(-1)
    scaled = logits.float() / temperature  # half precision can't tell sums near p apart
    probs, ids = scaled.softmax(-1).sort(dim=-1, descending=True)  # (B, V) each
    before = probs.cumsum(-1) - probs  # the mass of all that is likelier
    # Below p the set is not full yet: this keeps the token that crosses p, and always the first.
    nucleus = probs.masked_fill(before >= p, 0.0)
    ranks = torch.multinomial(nucleus, 1, generator=generator)  # (B, 1); it normalises
    return ids.gather(-1, ranks).squeeze(-1)
