"""The numerical regimes that tensors are drawn in: functions of a shape and a generator.

All build in float64 and are rounded to the drawn dtype afterwards, so that one seed gives the
same numbers in every dtype.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Generator, Tensor

Regime = Callable[[tuple[int, ...], Generator], Tensor]


def small(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Integers from -3 to 3."""
    return torch.randint(-3, 4, shape, generator=generator).double()


def normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Standard normal."""
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def positive(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Uniform on 0.1 .. 2."""
    return 0.1 + 1.9 * torch.rand(shape, generator=generator, dtype=torch.float64)


def tiny(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Normal times 1e-4, where an eps in the wrong place shows."""
    return 1e-4 * normal(shape, generator)


def large(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Integers around 10,000 and -10,000, where an exponential overflows."""
    return (1e4 * normal(shape, generator)).round()


def uneven(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Rows whose levels lie 1000 apart: what is right for one is far off for the next."""
    rows = shape[:-1] or (1,)
    level = torch.randint(-3, 4, rows, generator=generator).double().unsqueeze(-1)
    return (small(shape, generator) + 1000 * level).reshape(shape)


def constant(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Rows of one repeated number."""
    rows = normal((*shape[:-1], 1) if shape else (), generator)
    return rows.expand(shape).clone()


def holes(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Small integers, -inf at about a third of the places, at least one finite entry a row."""
    values = small(shape, generator)
    hidden = torch.rand(shape, generator=generator) < 0.35
    if shape and shape[-1]:
        hidden[..., 0] = False
        shift = int(torch.randint(shape[-1], (1,), generator=generator))
        hidden = hidden.roll(shift, -1)
    return values.masked_fill(hidden, -torch.inf)


def sunken(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Like `holes`, each row lifted or sunk by 0 or 10,000: no finite number stands for -inf."""
    rows = shape[:-1] or (1,)
    level = torch.randint(-1, 2, rows, generator=generator).double().unsqueeze(-1)
    return (holes(shape, generator) + 1e4 * level).reshape(shape)


def spaced(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Rows that are permutations of numbers 0.25 apart: no ties, no near ties."""
    order = torch.rand(shape, generator=generator).argsort(-1) if shape else torch.zeros(())
    width = shape[-1] if shape else 1
    return 0.25 * (order.double() - width // 2)


REGIMES: Mapping[str, Regime] = {
    "small": small,
    "normal": normal,
    "positive": positive,
    "tiny": tiny,
    "large": large,
    "uneven": uneven,
    "constant": constant,
    "holes": holes,
    "sunken": sunken,
    "spaced": spaced,
}
