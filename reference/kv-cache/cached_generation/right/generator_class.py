from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass
class Decoding:
    model: Any
    pending: Tensor
    past: Any = None
    columns: list[Tensor] = field(default_factory=list)

    def step(self) -> Tensor:
        scores, self.past = self.model(self.pending, self.past)
        self.pending = scores[:, -1:].double().argmax(-1)
        self.columns.append(self.pending)
        return self.pending


def generate_cached(model, ids, max_new_tokens, eos_id=None):
    decoding = Decoding(model, ids)
    with torch.no_grad():
        for _ in range(max_new_tokens):
            decoding.step()
            if eos_id is not None:
                seen = torch.stack([(column == eos_id).squeeze(1) for column in decoding.columns])
                if seen.any(0).all():
                    break
    text = torch.cat([ids, *decoding.columns], dim=-1)
    if eos_id is None:
        return text
    # Everything behind a row's first eos was generated in vain: write over it afterwards.
    new = text[:, ids.shape[1] :]
    hits = (new == eos_id).long()
    behind = hits.cumsum(-1) - hits > 0
    return torch.cat([ids, new.masked_fill(behind, eos_id)], dim=1)
