"""How observations are compared: structure and integers exactly, floating values by tolerance.

The reference has played twice: as drawn (structure, dtype, shape, integers, where values are not
finite, its honest rounding error) and on float64 inputs (the exact values). Allowed is
|e| <= 4 x |honest error| + c(dtype) x scale, the last two taken within one slice. A slice whose
exact values cancel to nothing may show its neighbours' rounding instead; where a sum cancels less
than that, the check says how large its terms are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from drill.grader.codec import Foreign, Raised, Record, SeenTensor
from drill.grader.expect import Close, Exact, Raises
from drill.grader.observation import Observation, describe, describe_error

# What a right solution of another form may lose, relative to its slice's scale.
LOSS = {
    torch.float64: 1e-9,
    torch.float32: 1e-5,
    torch.float16: 4e-3,
    torch.bfloat16: 3e-2,
    torch.float8_e4m3fn: 0.25,
    torch.float8_e5m2: 0.5,
    torch.complex64: 1e-5,
    torch.complex128: 1e-9,
}
HONEST = 4.0
DUST = 8.0  # roundings (eps) of its terms that a sum may show where it cancels


@dataclass(frozen=True)
class Complaint:
    """What is wrong, and both sides of it as text. `kind` groups complaints that mean the same."""

    text: str
    got: str = ""
    wanted: str = ""
    kind: str = "value"


class Undecided(Exception):
    """The reference itself has no margin here: the case says nothing about the submission."""


def compare(
    expect: Close | Exact | Raises, mine: Observation, drawn: Observation, exact: Observation
) -> Complaint | None:
    """What is wrong with `mine`, given the reference as drawn and on float64 inputs.

    Raises Undecided where the two plays of the reference disagree in something discrete.
    """
    if isinstance(expect, Raises):
        return _compare_errors(expect.classes, mine, drawn)
    if drawn.error is not None:
        return _compare_errors((drawn.error["classes"][0],), mine, drawn)
    if mine.error is not None:
        return _unexpected_error(mine)
    rule = expect if isinstance(expect, Close) else None
    comparer = _Comparer(expect, rule)
    complaint = comparer.compare("", mine.value, drawn.value, exact.value)
    return complaint or _compare_changes(comparer, mine, drawn, exact)


def _unexpected_error(mine: Observation) -> Complaint:
    assert mine.error is not None
    if _unwritten(mine.error):
        return Complaint("Not written yet.", kind="unwritten")
    shown = describe_error(mine.error)
    if not mine.error["frames"]:
        text = "What you returned could not be used."
        return Complaint(text, got=shown, kind=f"error {mine.error['classes'][0]}")
    return Complaint(
        f"It raised {mine.error['classes'][0]}.",
        got=shown,
        wanted="a result",
        kind=f"error {mine.error['classes'][0]}",
    )


def _unwritten(error: Mapping[str, Any]) -> bool:
    """Whether it is the stub's error; torch raises the same class for what it can't do."""
    return error["classes"][0] == "NotImplementedError" and _raised_by_hand(error)


def _compare_errors(
    classes: Sequence[str], mine: Observation, drawn: Observation
) -> Complaint | None:
    wanted = " or ".join(classes)
    if mine.error is None:
        got = describe(mine.value)
        return Complaint(f"It should raise {wanted}.", got, wanted, "no error")
    if set(classes) & set(mine.error["classes"]):
        return None
    if _unwritten(mine.error):
        return Complaint("Not written yet.", kind="unwritten")
    got = describe_error(mine.error)
    return Complaint(f"It should raise {wanted}.", got, wanted, "another error")


def _compare_changes(
    comparer: "_Comparer", mine: Observation, drawn: Observation, exact: Observation
) -> Complaint | None:
    for name in mine.changed:
        if name not in drawn.changed:
            text = f"It modified its argument `{name}`."
            return Complaint(text, got=describe(mine.changed[name]), kind=f"modified {name}")
    for name, value in drawn.changed.items():
        if name not in mine.changed:
            text = f"Its argument `{name}` should have been modified."
            return Complaint(text, wanted=describe(value), kind=f"unmodified {name}")
        found = comparer.compare(name, mine.changed[name], value, exact.changed.get(name, value))
        if found is not None:
            return found
    return None


@dataclass(frozen=True)
class _Comparer:
    """Walks three values of one structure: the submission's, the reference's, the exact one."""

    facts: Close | Exact
    rule: Close | None  # None: to the bit

    def compare(self, path: str, mine: Any, drawn: Any, exact: Any) -> Complaint | None:
        if not _same_form(drawn, exact):
            raise Undecided
        if isinstance(drawn, SeenTensor):
            return self._tensors(path, mine, drawn, exact)
        if isinstance(drawn, (list, tuple)):
            return self._sequences(path, mine, drawn, exact)
        if isinstance(drawn, dict):
            return self._dicts(path, mine, drawn, exact)
        if isinstance(drawn, Record):
            if not isinstance(mine, Record):
                return _wrong_kind(path, mine, drawn)
            return self._dicts(path, dict(mine.fields), dict(drawn.fields), dict(exact.fields))
        if isinstance(drawn, Raised):
            return _compare_raised(path, mine, drawn)
        if isinstance(drawn, float):
            return self._floats(path, mine, drawn, exact)
        return _compare_plain(path, mine, drawn, exact)

    def _sequences(self, path: str, mine: Any, drawn: Any, exact: Any) -> Complaint | None:
        if not isinstance(mine, (list, tuple)):
            return _wrong_kind(path, mine, drawn)
        if len(mine) != len(drawn):
            text = f"{_at(path)} has {len(mine)} entries, not {len(drawn)}."
            return Complaint(text, describe(mine), describe(drawn), "length")
        if drawn and all(type(item) is float for item in drawn) and _all_numbers(mine):
            return self._numbers(path, mine, drawn, exact)
        for place, triple in enumerate(zip(mine, drawn, exact, strict=True)):
            found = self.compare(f"{path}[{place}]", *triple)
            if found is not None:
                return found
        return None

    def _dicts(self, path: str, mine: Any, drawn: Any, exact: Any) -> Complaint | None:
        if not isinstance(mine, dict):
            return _wrong_kind(path, mine, drawn)
        if set(mine) != set(drawn):
            text = f"{_at(path)} has other keys than it should."
            return Complaint(text, describe(list(mine)), describe(list(drawn)), "keys")
        for key, value in drawn.items():
            found = self.compare(f"{path}[{key!r}]", mine[key], value, exact.get(key))
            if found is not None:
                return found
        return None

    def _floats(self, path: str, mine: Any, drawn: float, exact: Any) -> Complaint | None:
        if isinstance(mine, bool) or not isinstance(mine, (int, float)):
            return _wrong_kind(path, mine, drawn)
        found = self._numbers(path, mine, drawn, exact)
        return found and replace(found, got=repr(mine), wanted=repr(exact))

    def _numbers(self, path: str, mine: Any, drawn: Any, exact: Any) -> Complaint | None:
        # Python floats mostly come from a float32 tensor: they are held to its precision.
        if isinstance(exact, (list, tuple)) and not _all_numbers(exact):
            raise Undecided
        seen = (_as_seen(mine), _as_seen(drawn), _as_seen(exact))
        return self._tensors(path, *seen, loss=LOSS[torch.float32])

    def _tensors(
        self, path: str, mine: Any, drawn: SeenTensor, exact: Any, loss: float | None = None
    ) -> Complaint | None:
        if not isinstance(mine, SeenTensor):
            return _wrong_kind(path, mine, drawn)
        complaint = self._tensor_facts(path, mine, drawn)
        if complaint is not None:
            return complaint
        if self.rule is None or self.rule.oracle == "as drawn" or not _floating(drawn.values):
            discrete = self.rule is not None and self.rule.oracle == "promoted"
            if discrete and not _equal(drawn.values, exact.values):
                raise Undecided
            exact = drawn
        if self.rule is None or not _floating(drawn.values):
            return _compare_bits(path, mine, drawn)
        return _compare_values(path, mine.values, drawn.values, exact.values, self.rule, loss)

    def _tensor_facts(self, path: str, mine: SeenTensor, drawn: SeenTensor) -> Complaint | None:
        facts = [
            ("type", mine.kind, drawn.kind, True),
            ("shape", tuple(mine.values.shape), tuple(drawn.values.shape), True),
            ("dtype", str(mine.values.dtype), str(drawn.values.dtype), True),
            ("stride", mine.stride, drawn.stride, self.facts.strides),
            ("requires_grad", mine.requires_grad, drawn.requires_grad, self.facts.graph),
        ]
        for name, got, wanted, compared in facts:
            if compared and got != wanted:
                text = f"{_at(path)} has {name} {got}, not {wanted}."
                if name == "requires_grad":
                    text = _graph_text(path, bool(got))
                return Complaint(text, f"{name} {got}", f"{name} {wanted}", name)
        if self.facts.aliasing and mine.alias != drawn.alias:
            text = f"{_at(path)} shares its memory with another tensor than it should."
            return Complaint(text, kind="aliasing")
        return None


def _same_form(drawn: Any, exact: Any) -> bool:
    """Whether the reference's two plays agree in everything but rounding."""
    if isinstance(drawn, SeenTensor):
        if not isinstance(exact, SeenTensor) or exact.values.shape != drawn.values.shape:
            return False
        return _floating(exact.values) == _floating(drawn.values)
    if isinstance(drawn, (list, tuple)):
        return isinstance(exact, (list, tuple)) and len(exact) == len(drawn)
    if isinstance(drawn, dict):
        return isinstance(exact, dict) and set(exact) == set(drawn)
    if isinstance(drawn, Record):
        return isinstance(exact, Record) and set(exact.fields) == set(drawn.fields)
    return type(exact) is type(drawn)


def _graph_text(path: str, attached: bool) -> str:
    if attached:
        return f"{_at(path)} carries an autograd graph and should not."
    return f"{_at(path)} is cut off from the autograd graph: no gradient can flow back."


def _at(path: str) -> str:
    return f"The result{path}" if path.startswith("[") or not path else f"The argument `{path}`"


def _all_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in values)


def _as_seen(values: Any) -> SeenTensor:
    """A number or a list of numbers as a tensor."""
    plain = [float(v) for v in values] if isinstance(values, (list, tuple)) else float(values)
    tensor = torch.tensor(plain, dtype=torch.float64)
    return SeenTensor(tensor, (1,), False, 0, "Tensor")


def _floating(values: Tensor) -> bool:
    return values.is_floating_point() or values.is_complex()


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool(torch.equal(one, other.to(one.dtype)))


def _wrong_kind(path: str, mine: Any, drawn: Any) -> Complaint:
    got = "a tensor" if isinstance(mine, SeenTensor) else describe(mine)
    if isinstance(mine, Raised):
        return Complaint(f"It raised {mine.classes[0]}.", describe(mine), describe(drawn), "raised")
    if isinstance(mine, Foreign) and mine.name.startswith("tensor too large"):
        return Complaint(f"{_at(path)} is too large to look at.", describe(mine), kind="too large")
    if mine is None:
        return Complaint(f"{_at(path)} is None.", "None", describe(drawn), "none")
    return Complaint(f"{_at(path)} is of another type.", got, describe(drawn), "type")


def _compare_raised(path: str, mine: Any, drawn: Raised) -> Complaint | None:
    if isinstance(mine, Raised) and drawn.classes[0] in mine.classes:
        return None
    if isinstance(mine, Raised) and mine.classes[0] == "NotImplementedError":
        return Complaint("Not written yet.", kind="unwritten")
    text = f"It should raise {drawn.classes[0]} here."
    return Complaint(text, describe(mine), drawn.classes[0], f"no error {path}")


def _compare_plain(path: str, mine: Any, drawn: Any, exact: Any) -> Complaint | None:
    if type(exact) is type(drawn) and exact != drawn and not _names_dtype(drawn):
        raise Undecided
    if type(mine) is not type(drawn):
        return _wrong_kind(path, mine, drawn)
    if mine == drawn:
        return None
    return Complaint(f"{_at(path)} is wrong.", describe(mine), describe(drawn))


def _names_dtype(value: Any) -> bool:
    """Whether a value is expected to differ on float64 inputs."""
    return isinstance(value, (torch.dtype, str, bytes))


def _compare_bits(path: str, mine: SeenTensor, drawn: SeenTensor) -> Complaint | None:
    got, wanted = mine.values, drawn.values
    if wanted.dtype.itemsize == 1 and _floating(wanted):
        got, wanted = got.float(), wanted.float()
    wrong = got != wanted
    if _floating(wanted):
        wrong &= ~(got.isnan() & wanted.isnan())
    if not wrong.any():
        return None
    place = _index(wrong.flatten().nonzero()[0, 0].item(), wanted.shape)
    return _at_element(path, place, mine, wanted)


def _compare_values(
    path: str, mine: Tensor, drawn: Tensor, exact: Tensor, rule: Close, loss: float | None
) -> Complaint | None:
    """The tolerance rule of this module's docstring."""
    if drawn.numel() == 0:
        return None
    seen = SeenTensor(mine, (), False, 0, "Tensor")
    if drawn.dtype.itemsize == 1:  # eight-bit floats have next to no operations
        loss = loss or LOSS[drawn.dtype]
        mine, drawn, exact = mine.float(), drawn.float(), exact.float()
    odd = ~drawn.isfinite()
    strange = (odd != ~mine.isfinite()) | (odd & ~_same_odd(mine, drawn))
    if strange.any():
        place = _index(strange.flatten().nonzero()[0, 0].item(), drawn.shape)
        return _at_element(path, place, seen, drawn)
    return _within(path, mine, drawn, exact, rule, loss or LOSS[drawn.dtype])


def _same_odd(mine: Tensor, drawn: Tensor) -> Tensor:
    return (mine == drawn) | (mine.isnan() & drawn.isnan())


def _within(
    path: str, mine: Tensor, drawn: Tensor, exact: Tensor, rule: Close, loss: float
) -> Complaint | None:
    wide = torch.complex128 if drawn.is_complex() else torch.float64
    valid = drawn.isfinite() & exact.isfinite()
    got, honest, true = (t.to(wide).masked_fill(~valid, 0) for t in (mine, drawn, exact))
    scale = _slice_max(true.abs(), rule.axes)
    error = _slice_max((honest - true).abs(), rule.axes)
    eps = torch.finfo(drawn.dtype).eps
    # A slice that cancels to nothing (the gradient of softmax under a constant) is all rounding.
    whole = DUST * eps * true.abs().max()
    dust = whole.where(scale <= whole, torch.zeros((), dtype=whole.dtype))
    allowed = HONEST * error + loss * rule.loosen * scale + dust + DUST * eps * rule.terms
    excess = (got - true).abs() - allowed
    if not bool((excess > 0).any()):
        return None
    place = _index(int(excess.flatten().argmax()), drawn.shape)
    return _at_element(path, place, SeenTensor(mine, (), False, 0, "Tensor"), exact)


def _slice_max(values: Tensor, axes: tuple[int, ...]) -> Tensor:
    if values.dim() == 0:
        return values
    kept = [axis for axis in axes if -values.dim() <= axis < values.dim()]
    return values.amax(dim=kept, keepdim=True) if kept else values


def _index(flat: int | float, shape: Sequence[int]) -> tuple[int, ...]:
    place = []
    rest = int(flat)
    for size in reversed(shape):
        place.append(rest % size)
        rest //= size
    return tuple(reversed(place))


def _at_element(path: str, place: tuple[int, ...], mine: SeenTensor, wanted: Tensor) -> Complaint:
    seen = replace(mine, values=mine.values)
    # Shown in the submission's dtype: the oracle's float64 is none of the learner's business.
    target = SeenTensor(wanted.to(mine.values.dtype), (), False, 0, "Tensor")
    got_number, wanted_number = mine.values[place].item(), wanted[place].item()
    where = f"[{', '.join(map(str, place))}]" if place else ""
    text = f"{_at(path)}{where} is {_apart(got_number, wanted_number)}."
    return Complaint(text, describe(seen), describe(target))


def _apart(got: float | int | bool | complex, wanted: float | int | bool | complex) -> str:
    """Two numbers with as many digits as tell them apart."""
    for digits in (6, 10, 17):
        one, other = _number(got, digits), _number(wanted, digits)
        if one != other:
            break
    return f"{one}, not {other}"


def _number(value: float | int | bool | complex, digits: int) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.{digits}g}"
    return str(value)


def _same_error(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two errors tell of the same fault: the class, and how a library's message begins."""
    if one["classes"][0] != other["classes"][0]:
        return False
    if one["causes"] or other["causes"]:  # a wrapper hides what tells them apart
        return _root(one) == _root(other)
    by_hand = any(_raised_by_hand(error) for error in (one, other))
    return by_hand or _beginning(one["text"]) == _beginning(other["text"])


def _root(error: Mapping[str, Any]) -> tuple[str, str]:
    root = error["causes"][-1] if error["causes"] else {"class": "", "text": ""}
    return root["class"], root["text"].split(" ", 1)[0]


def _raised_by_hand(error: Mapping[str, Any]) -> bool:
    return any("raise" in frame["code"].split() for frame in error["frames"][-1:])


def _beginning(text: str) -> list[str]:
    return text.split()[:2]


def same_outcome(expect: Close | Exact | Raises, one: Observation, other: Observation) -> bool:
    """Whether two submissions did the same: equal errors, or values equal within the tolerance."""
    if (one.error is None) != (other.error is None) or one.end != other.end:
        return False
    if one.error is not None and other.error is not None:
        return _same_error(one.error, other.error)
    loose = Close(oracle="as drawn", loosen=10.0, axes=getattr(expect, "axes", (-1,)))
    rule = Exact() if isinstance(expect, Exact) else loose
    try:
        return compare(rule, one, other, other) is None
    except Undecided:
        return False
