from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def gumbel_pick(log_weights: Tensor, generator: torch.Generator | None) -> int:
    noise = torch.empty_like(log_weights).exponential_(generator=generator)
    return int(torch.argmax(log_weights - noise.log()))


def accept_or_resample(
    target_probs: Tensor,
    draft_probs: Tensor,
    drafted: Tensor,
    generator: torch.Generator | None = None,
) -> list[int]:
    kept: list[int] = []
    for place in range(drafted.numel()):
        token = int(drafted[place])
        log_ratio = target_probs[place, token].log() - draft_probs[place, token].log()
        if torch.rand((), generator=generator).log() >= log_ratio:
            break
        kept.append(token)
    row = target_probs[len(kept)]
    if len(kept) < drafted.numel():
        proposed = draft_probs[len(kept)]
        row = torch.where(row > proposed, row - proposed, torch.zeros_like(row))
    return [*kept, gumbel_pick(row.log(), generator)]


@dataclass
class Speculator:
    target: Any
    draft: Any
    generator: torch.Generator | None

    def round(self, context: Tensor, count: int) -> Tensor:
        ids, proposed = context, []
        for _ in range(count):
            scores = self.draft(ids[None])[0, -1].log_softmax(0)
            proposed.append(scores.exp())
            token = gumbel_pick(scores, self.generator)
            ids = torch.cat([ids, ids.new_tensor([token])])
        wanted = self.target(ids[None])[0, len(context) - 1 :].log_softmax(-1).exp()
        rows = wanted.new_zeros(count, wanted.shape[-1])
        for place, row in enumerate(proposed):
            rows[place] = row
        new = accept_or_resample(wanted, rows, ids[len(context) :], self.generator)
        return torch.cat([context, context.new_tensor(new)])


def speculative_sample(target, draft, prompt, k, max_new_tokens, generator=None):
    speculator = Speculator(target, draft, generator)
    context, length = torch.tensor(prompt), len(prompt) + max_new_tokens
    while len(context) < length:
        context = speculator.round(context, min(k, length - len(context) - 1))
    return context.tolist()
