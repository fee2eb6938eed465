"""What checks draw: strategies for cases, and the builders that recipes name.

| draw | gives |
| --- | --- |
| `Sizes("B T D")` | named sizes drawn together: distinct, sometimes all equal, sometimes one is 1 |
| `tensors(sizes.B, 4, ...)` | a tensor, by shape, seed, regime, dtype and memory layout |
| `ints(low, high)`, `seeds` | an integer; a seed for a generator |
| `generators` | a seeded torch.Generator, made in the player |
| `recipe(builder, **draws)` | what `builder(**drawn)` returns, made in the player |
| `plain_lm`, `cached_lm` | recipes of a tiny language model, with counts and without ties |
| `tiny_mlp(...)` | a recipe of a small trained-free nn.Module, weights drawn |
| `batches(...)` | a list of (x, y) tensors of unequal batch sizes |
| `requests(...)` | a list of generation requests as dicts |
| `trace(...)` | arrival times of requests, in seconds, ascending |
| `operations(append=dict(...), reset={})` | named steps with drawn arguments |

Cases are drawn as (shape, seed, regime, dtype) and never element by element: shrinking then works
on the shape and the regime, and the smallest case stays readable.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from drill.grader.codec import Recipe
from drill.grader.models import CachedLM, TinyLM, generator, mlp
from drill.grader.regimes import REGIMES
from drill.grader.strata import choice, favoured

Draw = SearchStrategy[Any]

seeds: SearchStrategy[int] = st.integers(0, 2**16 - 1)
LAYOUTS = ("contiguous", "contiguous", "transposed", "sliced")
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def ints(low: int, high: int) -> SearchStrategy[int]:
    """An integer from `low` to `high`, both included."""
    return st.integers(low, high)


class Sizes:
    """Sizes that are drawn together and used by name: `s = Sizes("B T"); tensors(s.B, s.T)`.

    Most draws are distinct and at least 2, so that swapped axes show; the rest are all equal
    (what only looks right by shape) or have a single 1 (what only looks right by broadcasting).
    `above` gives some sizes a larger minimum, `high` the largest size drawn.
    """

    def __init__(self, names: str, *, high: int = 7, low: int = 2) -> None:
        self._names = names.split()
        drawn = st.builds(partial(_sizes, len(self._names)), *_size_draws(self._names, low, high))
        self._shared: Draw = st.shared(drawn, key=(names, low, high))

    def __getattr__(self, name: str) -> Draw:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"no size is called {name}")
        place = self._names.index(name)
        return self._shared.map(lambda sizes: sizes[place])


def _size_draws(names: Sequence[str], low: int, high: int) -> list[Draw]:
    high = max(high, low + len(names) - 1)
    distinct = st.lists(
        st.integers(low, high), min_size=len(names), max_size=len(names), unique=True
    )
    return [favoured(("distinct", "one", "equal")), distinct, st.integers(0, len(names) - 1)]


def _sizes(count: int, mode: str, distinct: list[int], place: int) -> list[int]:
    if mode == "equal":
        return [distinct[0]] * count
    if mode == "one":
        return [1 if index == place else size for index, size in enumerate(distinct)]
    return distinct


def tensors(
    *shape: int | Draw,
    dtype: torch.dtype | Draw = torch.float32,
    regimes: Sequence[str] = ("small", "normal"),
    layouts: Sequence[str] = LAYOUTS,
    grad: bool = False,
) -> SearchStrategy[Tensor]:
    """A tensor of the given shape; the first regime is the simplest (see drill.grader.regimes)."""
    return st.builds(
        partial(make_tensor, grad=grad),
        st.tuples(*(_as_draw(size) for size in shape)),
        _as_draw(dtype),
        choice(regimes),
        st.sampled_from(list(layouts)),
        seeds,
    )


def _as_draw(value: object) -> Draw:
    return value if isinstance(value, SearchStrategy) else st.just(value)


def make_tensor(
    shape: tuple[int, ...],
    dtype: torch.dtype,
    regime: str,
    layout: str,
    seed: int,
    grad: bool = False,
) -> Tensor:
    """The tensor that these facts determine."""
    values = REGIMES[regime](shape, torch.Generator().manual_seed(seed))
    return lay_out(values.to(dtype), layout).requires_grad_(grad)


def lay_out(values: Tensor, layout: str) -> Tensor:
    """Equal values in another memory layout: "contiguous", "transposed" or "sliced"."""
    if layout == "transposed" and values.dim() > 1:
        return values.transpose(-1, -2).contiguous().transpose(-1, -2)
    if layout == "sliced" and values.dim() > 0:
        padded = values.new_zeros((*values.shape[:-1], 2 * values.shape[-1] + 1))
        view = padded[..., 1::2]
        return view.copy_(values)
    return values


def token_ids(*shape: int | Draw, vocab: int | Draw) -> SearchStrategy[Tensor]:
    """int64 ids below `vocab`."""
    return st.builds(_token_ids, st.tuples(*(_as_draw(s) for s in shape)), _as_draw(vocab), seeds)


def _token_ids(shape: tuple[int, ...], vocab: int, seed: int) -> Tensor:
    return torch.randint(vocab, shape, generator=torch.Generator().manual_seed(seed))


def recipe(builder: Callable[..., Any], **draws: Any) -> SearchStrategy[Recipe]:
    """What `builder` makes of the drawn arguments, built inside each player.

    `builder` is a function of the drill's checks.py or of drill.grader.models.
    """
    arguments = st.fixed_dictionaries({name: _as_draw(value) for name, value in draws.items()})
    return arguments.map(lambda drawn: Recipe(builder.__name__, drawn))


generators: SearchStrategy[Recipe] = recipe(generator, seed=seeds)


def plain_lm(vocab: int | Draw = 7, **draws: Any) -> SearchStrategy[Recipe]:
    """A TinyLM: called with ids (B, T), returns logits (B, T, V)."""
    return recipe(TinyLM, vocab=vocab, seed=seeds, **draws)


def cached_lm(vocab: int | Draw = 7, **draws: Any) -> SearchStrategy[Recipe]:
    """A CachedLM: called with (ids, past), returns (logits, past)."""
    return recipe(CachedLM, vocab=vocab, seed=seeds, **draws)


def tiny_mlp(
    inputs: int | Draw, hidden: int | Draw, outputs: int | Draw, **draws: Any
) -> SearchStrategy[Recipe]:
    """A two-layer nn.Module with seeded weights and, if `dropout` is drawn, dropout."""
    return recipe(mlp, inputs=inputs, hidden=hidden, outputs=outputs, seed=seeds, **draws)


def batches(
    *row: int | Draw, classes: int | None = None, most: int = 4
) -> SearchStrategy[list[tuple[Tensor, Tensor]]]:
    """A list of (x, y), n differing: x (n, *row); y (n,) int64, or (n, 1) float without classes."""
    sizes = st.lists(st.integers(1, 5), min_size=1, max_size=most)
    return st.builds(
        partial(_batches, classes), sizes, st.tuples(*(_as_draw(size) for size in row)), seeds
    )


def _batches(
    classes: int | None, sizes: list[int], row: tuple[int, ...], seed: int
) -> list[tuple[Tensor, Tensor]]:
    source = torch.Generator().manual_seed(seed)
    made = []
    for size in sizes:
        x = torch.randn((size, *row), generator=source)
        y = (
            torch.randn((size, 1), generator=source)
            if classes is None
            else torch.randint(classes, (size,), generator=source)
        )
        made.append((x, y))
    return made


def requests(
    *, vocab: int = 7, longest: int = 6, new_tokens: int = 6, most: int = 6
) -> SearchStrategy[list[dict[str, Any]]]:
    """Generation requests: {"id", "prompt", "max_new_tokens"} each."""
    one = st.fixed_dictionaries(
        {
            "prompt": st.lists(st.integers(0, vocab - 1), min_size=1, max_size=longest),
            "max_new_tokens": st.integers(1, new_tokens),
        }
    )
    return st.lists(one, min_size=1, max_size=most).map(
        lambda rows: [{"id": place, **row} for place, row in enumerate(rows)]
    )


def trace(*, most: int = 12, gap: float = 0.05) -> SearchStrategy[list[float]]:
    """Arrival times in seconds from 0, ascending; some arrive together."""
    steps = st.lists(st.integers(0, 20), min_size=1, max_size=most)
    return steps.map(lambda rows: [gap * sum(rows[: n + 1]) / 10 for n in range(len(rows))])


def operations(
    *, least: int = 1, most: int = 12, **steps: Mapping[str, Any]
) -> SearchStrategy[list[tuple[str, dict[str, Any]]]]:
    """Steps for a stateful object: `operations(append={"k": tensors(...)}, reset={})`.

    Each is (method name, arguments); a play runs them with `replay`. An argument drawn by
    `handle` is the number of an earlier result, for the play to resolve.
    """
    kinds = [
        st.tuples(
            st.just(name),
            st.fixed_dictionaries({key: _as_draw(value) for key, value in arguments.items()}),
        )
        for name, arguments in steps.items()
    ]
    return st.lists(st.one_of(*kinds), min_size=least, max_size=most)


handle: SearchStrategy[int] = st.integers(0, 30)
