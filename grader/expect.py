"""What a check expects of the observations: plain data, read by the judge.

| expectation | the submission passes when |
| --- | --- |
| close() | structure, dtype, shape, integers agree, floating values lie within the tolerance |
| exact() | everything agrees to the bit with the reference run as drawn |
| raises(A, B) | it raises one of these classes (or a subclass), like the reference |
| law(f) | the drawn outcomes follow the exact probabilities f(**case) |
| relation(f) | f(value, **case) finds nothing to complain about |
| work(ops=16) | the counts stay within the limits, and the values pass `values` too |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Close:
    """Values within |e| <= 4 x |honest error| + c(dtype) x scale.

    The scale is the largest exact magnitude within a slice that spans `axes`. With the oracle
    "promoted" the exact values come from the reference played on float64 inputs; "as drawn"
    takes the reference's own values, for plays whose meaning depends on the dtype.
    `strides`, `aliasing` and `graph` say which further facts of a tensor are compared.
    `loosen` multiplies c(dtype) where a right solution may round in more steps; `terms` is the
    magnitude of what it adds up, where the sum may cancel to far less (a saturated gradient).
    """

    axes: tuple[int, ...] = (-1,)
    oracle: Literal["promoted", "as drawn"] = "promoted"
    strides: bool = False
    aliasing: bool = False
    graph: bool = True
    loosen: float = 1.0
    terms: float = 0.0


@dataclass(frozen=True)
class Exact:
    """Equal to the bit, NaN at the same places."""

    strides: bool = False
    aliasing: bool = False
    graph: bool = True


@dataclass(frozen=True)
class Raises:
    """One of these classes, by name, or a subclass."""

    classes: tuple[str, ...]


@dataclass(frozen=True)
class Law:
    """A chi-square test of raw outcomes (a list of ints or tuples, or an integer tensor).

    `probabilities(**case)` gives the exact law: a sequence or 1-D tensor (outcome = index), or a
    dict from outcome to probability. `alpha` is shared out over the tests of one grading.
    """

    probabilities: Callable[..., Any]
    alpha: float = 1e-6


@dataclass(frozen=True)
class Relation:
    """`complaint(value, **case)` returns a sentence about what is wrong, or None."""

    complaint: Callable[..., str | None]


@dataclass(frozen=True)
class Times:
    """A limit as a multiple of the reference's own count."""

    factor: float


@dataclass(frozen=True)
class Exactly:
    """A count that must be met, neither more nor less; a number or a function of the case."""

    count: float | Callable[..., float]


Limit = float | Callable[..., float] | Times | Exactly
Values = Close | Exact | Raises | Law | Relation


@dataclass(frozen=True)
class Work:
    """Limits by the counter's name, measured on the second call, and what the values must be."""

    limits: Mapping[str, Limit]
    values: Values = Close()


Expectation = Values | Work


def close(
    *,
    axes: tuple[int, ...] | int = (-1,),
    oracle: Literal["promoted", "as drawn"] = "promoted",
    strides: bool = False,
    aliasing: bool = False,
    graph: bool = True,
    loosen: float = 1.0,
    terms: float = 0.0,
) -> Close:
    """See Close."""
    axes = (axes,) if isinstance(axes, int) else axes
    return Close(axes, oracle, strides, aliasing, graph, loosen, terms)


def exact(*, strides: bool = False, aliasing: bool = False, graph: bool = True) -> Exact:
    """See Exact."""
    return Exact(strides, aliasing, graph)


def raises(*classes: type[BaseException]) -> Raises:
    """See Raises."""
    return Raises(tuple(kind.__name__ for kind in classes))


def law(probabilities: Callable[..., Any], *, alpha: float = 1e-6) -> Law:
    """See Law."""
    return Law(probabilities, alpha)


def relation(complaint: Callable[..., str | None]) -> Relation:
    """See Relation."""
    return Relation(complaint)


def work(*, values: Values | None = None, **limits: Limit) -> Work:
    """See Work. `model_calls=12` limits the counter "model calls"."""
    named = {name.replace("_", " "): limit for name, limit in limits.items()}
    return Work(named, values if values is not None else Close())


def times_reference(factor: float) -> Times:
    """At most `factor` times the reference's count."""
    return Times(factor)


def exactly(count: float | Callable[..., float]) -> Exactly:
    """Neither more nor less than `count`."""
    return Exactly(count)
