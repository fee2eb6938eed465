"""Do drawn outcomes follow an exact law? A chi-square test, its level shared out over a grading."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch

from drill.grader.codec import SeenTensor
from drill.grader.compare import Complaint
from drill.grader.observation import describe

LEAST_EXPECTED = 8.0  # cells below this are pooled: the chi-square approximation needs it


def outcomes_of(value: Any) -> list[Any] | None:
    """The outcomes a play returned, hashable; None if it is no list of outcomes."""
    if isinstance(value, SeenTensor):
        if value.values.is_floating_point() or value.values.dim() == 0:
            return None
        value = value.values.tolist()
    if not isinstance(value, (list, tuple)):
        return None
    try:
        return [_hashable(item) for item in value]
    except TypeError:
        return None


def how_many(value: Any) -> int:
    """How many outcomes a play returned, if it is a list of them."""
    if isinstance(value, SeenTensor):
        return value.values.shape[0] if value.values.dim() else 0
    return len(value) if isinstance(value, (list, tuple)) else 0


def _hashable(item: Any) -> Any:
    if type(item) is int:  # most are
        return item
    if isinstance(item, SeenTensor):
        item = item.values.tolist()
    if isinstance(item, (list, tuple)):
        return tuple(_hashable(part) for part in item)
    if not isinstance(item, (int, str)) or isinstance(item, bool):
        raise TypeError(item)
    return item


def as_table(probabilities: Any) -> dict[Any, float]:
    """A law as outcome -> probability."""
    if isinstance(probabilities, Mapping):
        return {outcome: float(p) for outcome, p in probabilities.items()}
    if isinstance(probabilities, torch.Tensor):
        probabilities = probabilities.tolist()
    return {outcome: float(p) for outcome, p in enumerate(probabilities)}


def against_law(
    value: Any, probabilities: Any, alpha: float, wanted: int | None = None
) -> Complaint | None:
    """What speaks against `value` being `wanted` draws from the law, at level `alpha`."""
    drawn = outcomes_of(value)
    if drawn is None:
        return Complaint("The result holds no outcomes to count.", describe(value), kind="type")
    if wanted is not None and len(drawn) != wanted:
        text = f"There are {len(drawn)} outcomes, not {wanted}."
        return Complaint(text, describe(value), kind="length")
    table = as_table(probabilities)
    counts = Counter(drawn)
    for outcome, count in counts.items():
        if table.get(outcome, 0.0) <= 0.0:
            text = f"The outcome {outcome} was drawn {count} times; its probability is 0."
            return Complaint(text, f"{count} of {len(drawn)}", "never", "impossible outcome")
    statistic, freedom, worst = _chi_square(counts, table, len(drawn))
    if freedom < 1 or upper_tail(statistic, freedom) >= alpha:
        return None
    text = (
        f"The outcome {worst} came {counts[worst]} times in {len(drawn)}; "
        f"its probability is {table[worst]:.4f}."
    )
    got = {outcome: round(counts[outcome] / len(drawn), 4) for outcome in sorted(table)[:40]}
    expected = {outcome: round(table[outcome], 4) for outcome in sorted(table)[:40]}
    return Complaint(text, f"shares {got}", f"shares {expected}", "law")


def _chi_square(
    counts: Mapping[Any, int], table: Mapping[Any, float], total: int
) -> tuple[float, int, Any]:
    cells: list[tuple[float, float, Any]] = []
    pooled_seen, pooled_expected = 0.0, 0.0
    for outcome, p in table.items():
        seen, expected = float(counts.get(outcome, 0)), p * total
        if expected >= LEAST_EXPECTED:
            cells.append((seen, expected, outcome))
        else:
            pooled_seen, pooled_expected = pooled_seen + seen, pooled_expected + expected
    largest = max(table, key=lambda outcome: table[outcome])
    if pooled_expected >= LEAST_EXPECTED:
        cells.append((pooled_seen, pooled_expected, largest))
    parts = [((seen - expected) ** 2 / expected, outcome) for seen, expected, outcome in cells]
    worst = max(parts, key=lambda part: part[0])[1] if parts else largest
    return sum(part for part, _ in parts), len(cells) - 1, worst


def upper_tail(statistic: float, freedom: int) -> float:
    """P(chi-square with `freedom` degrees > statistic)."""
    if not math.isfinite(statistic):
        return 0.0
    half = torch.tensor([freedom / 2, statistic / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half[0], half[1]))


def same_law(one: Any, other: Any) -> bool:
    """Whether two lists of outcomes may come from one law (two-sample chi-square, level 1e-3)."""
    first, second = outcomes_of(one), outcomes_of(other)
    if not first or not second:
        return False
    a, b = Counter(first), Counter(second)
    share = len(first) / (len(first) + len(second))
    statistic, cells = 0.0, 0
    for outcome in set(a) | set(b):
        both = a[outcome] + b[outcome]
        if both >= LEAST_EXPECTED:
            cells += 1
            for seen, expected in ((a[outcome], both * share), (b[outcome], both * (1 - share))):
                statistic += (seen - expected) ** 2 / expected
    return cells < 2 or upper_tail(statistic, cells - 1) > 1e-3
