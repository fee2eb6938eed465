"""How a drill's checks.py is written: `@check`, and the helpers that plays use.

    @check(x=tensors(axes.N, axes.M), dim=st.sampled_from([0, 1, -1]))
    def matches(impl, x, dim):
        \"\"\"Agrees with the definition along any dimension.\"\"\"
        return impl.softmax(x, dim)

`impl` is the submission in one player and the reference in the other. A play returns plain data
and never compares: the judge does, by the check's expectation (drill.grader.expect).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from drill.grader.codec import Raised, raised
from drill.grader.errors import ContentError
from drill.grader.expect import Close, Expectation
from drill.grader.models import BUILDERS
from drill.grader.verdict import SPEED

Play = Callable[..., Any]


@dataclass(frozen=True)
class Check:
    """One property of a drill: the play both sides run, what it draws, what is expected of it.

    `after` names the checks that must pass before this one says anything (None: the drill's
    first check). `gpu` marks a check that runs only where there is a CUDA device.
    """

    name: str
    claim: str
    play: Play
    draws: Mapping[str, SearchStrategy[Any]]
    examples: int = 20
    expect: Expectation = field(default_factory=Close)
    after: tuple[str, ...] | None = None
    gpu: bool = False


def check(
    *,
    examples: int = 20,
    expect: Expectation | None = None,
    after: Sequence[str] | None = None,
    gpu: bool = False,
    **draws: SearchStrategy[Any],
) -> Callable[[Play], Check]:
    """Make a check of a play; its docstring is the claim that the learner reads."""

    def decorate(play: Play) -> Check:
        claim = " ".join((play.__doc__ or "").split())
        expectation = expect if expect is not None else Close()
        needs = None if after is None else tuple(after)
        return Check(play.__name__, claim, play, draws, examples, expectation, needs, gpu)

    return decorate


@dataclass(frozen=True)
class Timing:
    """The play whose time is compared with the reference's; its claim says what it is."""

    check: Check


def timed(
    *, expect: Expectation | None = None, **draws: SearchStrategy[Any]
) -> Callable[[Play], Timing]:
    """Make the timing of a drill of a play, one in a checks.py; its docstring says what is timed.

    Of a size that takes about a millisecond; every draw gives fresh values, and every result is
    compared, too.
    """

    def decorate(play: Play) -> Timing:
        claim = " ".join((play.__doc__ or "").split())
        return Timing(Check(play.__name__, claim, play, draws, expect=expect or Close()))

    return decorate


def timing_of(module: ModuleType) -> Check | None:
    """The play to time of a loaded checks.py, if it has one. Raises ContentError for two."""
    found = [value.check for value in vars(module).values() if isinstance(value, Timing)]
    if len(found) > 1 or (found and not found[0].claim):
        text = "checks.py times more than one play, or one without a docstring."
        raise ContentError(text, code="bad-checks")
    return found[0] if found else None


TAKEN = (*BUILDERS, "loads", "rules", SPEED)


def checks_of(module: ModuleType) -> tuple[Check, ...]:
    """The checks of a loaded checks.py in the order they are written.

    Raises ContentError when there is none, when a claim is missing, or when `after` names
    something that is not an earlier check.
    """
    found = tuple(value for value in vars(module).values() if isinstance(value, Check))
    if not found:
        raise ContentError("checks.py defines no check.", code="bad-checks")
    for place, one in enumerate(found):
        if not one.claim:
            raise ContentError(f"The check {one.name} has no docstring.", code="bad-checks")
        if one.name in TAKEN:
            text = f"The check {one.name} has the name of a builder or of a check that is built in."
            raise ContentError(text, code="bad-checks")
        unknown = set(one.after or ()) - {earlier.name for earlier in found[:place]}
        if unknown:
            text = f"The check {one.name} comes after {', '.join(sorted(unknown))}, no such check."
            raise ContentError(text, code="bad-checks")
    return found


def prerequisites(checks: Sequence[Check]) -> dict[str, frozenset[str]]:
    """By a check's name, all those that must pass before it is run."""
    found: dict[str, frozenset[str]] = {}
    for check in checks:
        direct = check.after if check.after is not None else tuple(found)[:1]
        found[check.name] = frozenset(direct).union(*(found[name] for name in direct))
    return found


def gradients(output: Tensor | Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Any]:
    """The gradients of `inputs` under a fixed upstream gradient, None where nothing arrives.

    The upstream gradient differs from element to element, so that a wrong axis or a lost term
    can't cancel.
    """
    outputs = [output] if isinstance(output, Tensor) else list(output)
    weighted = []
    for tensor in outputs:
        places = torch.arange(tensor.numel(), dtype=torch.float64)
        upstream = torch.cos(1.0 + 3.0 * places).reshape(tensor.shape).to(tensor.dtype)
        weighted.append((tensor * upstream).sum())
    # Of a sum, not with `grad_outputs`: torch imports sympy for those, half a second a player.
    return list(torch.autograd.grad(weighted, list(inputs), allow_unused=True))


def attempt(action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What `action` returns, or the error it raises as a value."""
    try:
        return action(*arguments, **named)
    except Exception as error:
        return raised(error)


def refuses(
    errors: tuple[type[BaseException], ...],
    action: Callable[..., Any],
    *arguments: Any,
    **named: Any,
) -> Any:
    """A fixed value if `action` raises one of `errors`; else what it raised or returned."""
    try:
        result = action(*arguments, **named)
    except NotImplementedError:
        raise  # a RuntimeError by birth, and no refusal: the stub's way to say "not written yet"
    except errors:
        return Raised((" or ".join(kind.__name__ for kind in errors),))
    except Exception as error:
        return raised(error)
    return f"returned a {type(result).__name__}"


def replay(subject: Any, steps: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
    """Call the named methods one after the other: one result, or error as a value, a step."""
    return [attempt(getattr(subject, name), **arguments) for name, arguments in steps]


__all__ = [
    "Check",
    "Raised",
    "attempt",
    "check",
    "checks_of",
    "gradients",
    "prerequisites",
    "refuses",
    "replay",
    "timed",
    "timing_of",
]
