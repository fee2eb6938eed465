"""Speculative sampling: keep a drafted x with probability min(1, p(x) / q(x)), else resample.

Drafted x comes with q(x), so it is accepted with q(x) min(1, p(x) / q(x)) = min(p(x), q(x)). What
is missing to p(x) is max(0, p(x) - q(x)): the distribution that a rejection draws from.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Model = Callable[[Tensor], Tensor]


def accept_or_resample(
    target_probs: Tensor,
    draft_probs: Tensor,
    drafted: Tensor,
    generator: torch.Generator | None = None,
) -> list[int]:
    """The accepted drafted tokens and one more: (k + 1, V), (k, V), (k,) -> 1 to k + 1 tokens."""
    tokens = drafted.tolist()
    uniforms = torch.rand(len(tokens), generator=generator)  # one each: independent decisions
    for i, token in enumerate(tokens):
        p, q = target_probs[i], draft_probs[i]  # (V,)
        if uniforms[i] >= p[token] / q[token]:
            residual = (p - q).clamp(min=0)  # no division: draw normalises
            return [*tokens[:i], draw(residual, generator)]
    return [*tokens, draw(target_probs[-1], generator)]  # all accepted: a token for free


def speculative_sample(
    target: Model,
    draft: Model,
    prompt: list[int],
    k: int,
    max_new_tokens: int,
    generator: torch.Generator | None = None,
) -> list[int]:
    """The prompt and `max_new_tokens` tokens, distributed as the target's own samples."""
    tokens = list(prompt)
    end = len(prompt) + max_new_tokens
    while len(tokens) < end:
        count = min(k, end - len(tokens) - 1)  # a round adds at most one token more than it drafts
        ids = torch.tensor([tokens])  # (1, T)
        rows = []
        for _ in range(count):
            rows.append(draft(ids)[0, -1].softmax(-1))
            token = draw(rows[-1], generator)
            ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
        target_probs = target(ids)[0, len(tokens) - 1 :].softmax(-1)  # (count + 1, V) in one call
        draft_probs = torch.stack(rows) if rows else target_probs[:0]
        drafted = ids[0, len(tokens) :]
        tokens += accept_or_resample(target_probs, draft_probs, drafted, generator)
    return tokens


def draw(weights: Tensor, generator: torch.Generator | None) -> int:
    """A token with probability proportional to its weight: (V,) -> its id."""
    return int(torch.multinomial(weights, 1, generator=generator))
