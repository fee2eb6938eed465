"""Small models and other objects that recipes build inside a player.

The language models are exact: their logits come from tables, picked by a hash of all ids so far,
so that a token depends on its whole context, nothing depends on padding or batch neighbours, and
equal contexts give equal logits in any dtype and any batch. They count how they are called.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor, nn

NEVER_CALLED = {"model calls": 0, "rows fed": 0, "tokens fed": 0}
STATES = 61  # contexts are told apart modulo this prime


def generator(seed: int) -> Generator:
    """A CPU generator seeded with `seed`."""
    return Generator().manual_seed(seed)


def logit_table(vocab: int, seed: int, spread: float, ties: bool) -> Tensor:
    """(STATES, vocab) logits; rows are permutations of evenly spaced numbers unless `ties`."""
    source = generator(seed)
    if ties:
        table = torch.randint(-1, 2, (STATES, vocab), generator=source).double()
    else:
        # In float64 always: the default dtype would change the stream of random numbers.
        draws = torch.rand((STATES, vocab), generator=source, dtype=torch.float64)
        table = draws.argsort(-1).double()
        table = table - (vocab - 1) / 2
    return spread * table


def context_states(ids: Tensor, start: Tensor) -> Tensor:
    """The state after each id: (B, T) ids and (B,) start states give (B, T) states."""
    states = []
    state = start
    for column in ids.unbind(-1):
        state = (state * 17 + column * 5 + 11) % STATES
        states.append(state)
    return torch.stack(states, dim=-1)


@dataclass
class TinyLM:
    """A causal language model: ids (B, T) int64 -> logits (B, T, V) in the default dtype.

    `spread` is the distance of neighbouring logits, `ties` allows equal ones. `counts` holds
    "model calls", "rows fed" and "tokens fed".
    """

    vocab: int
    seed: int
    spread: float = 0.5
    ties: bool = False
    counts: Counter[str] = field(default_factory=lambda: Counter(NEVER_CALLED))

    def __post_init__(self) -> None:
        table = logit_table(self.vocab, self.seed, self.spread, self.ties)
        self.table = table.to(torch.get_default_dtype())

    def __call__(self, ids: Tensor) -> Tensor:
        """Logits for the token after each position."""
        self.count(ids)
        return self.table[context_states(ids, torch.zeros(len(ids), dtype=torch.int64))]

    def count(self, ids: Tensor) -> None:
        """Enter one call with `ids`."""
        if ids.dim() != 2 or ids.shape[1] == 0:
            raise ValueError(f"the model takes ids (B, T) with T >= 1, not {tuple(ids.shape)}")
        self.counts["model calls"] += 1
        self.counts["rows fed"] += ids.shape[0]
        self.counts["tokens fed"] += ids.numel()


@dataclass(frozen=True)
class Past:
    """What CachedLM remembers: the state (B,) after all ids so far."""

    states: Tensor


@dataclass
class CachedLM(TinyLM):
    """The same model with a cache: (ids, past) -> (logits, past), where past is opaque."""

    def __call__(self, ids: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:  # type: ignore[override]
        """Logits for the token after each of `ids`, given what `past` holds."""
        self.count(ids)
        start = torch.zeros(len(ids), dtype=torch.int64) if past is None else past.states
        states = context_states(ids, start)
        return self.table[states], Past(states[:, -1])


def mlp(inputs: int, hidden: int, outputs: int, seed: int, dropout: float = 0.0) -> nn.Module:
    """Linear, tanh, dropout, Linear: weights from `seed`, in the default dtype."""
    model = nn.Sequential(
        nn.Linear(inputs, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
    )
    source = generator(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            drawn = torch.randn(parameter.shape, generator=source, dtype=torch.float64)
            parameter.copy_(0.5 * drawn)
    return model


BUILDERS: Mapping[str, Any] = {made.__name__: made for made in (TinyLM, CachedLM, generator, mlp)}
