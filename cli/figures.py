"""Cards with drawn figures: a seed fills in the figures, and an answer with its unit is judged."""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drill.cli.figure_cards import ANSWER, Draws, Figure, FigureCard, Step, load
from drill.cli.quantities import COUNTS, Unit, read, significant
from drill.grader.errors import ContentError

__all__ = ["Drawn", "Figure", "FigureCard", "Outcome", "Worked", "draw", "judge", "load"]

CLOSE = 0.03  # how near to a factor an answer must be off for the factor to be named

# Factors that people are off by, for all answers and for sizes (and bandwidths).
FACTORS = {2: "", 4: "", 8: "", 1000: "a prefix was mistaken for its neighbour"}
SIZE_FACTORS = {
    2: "numbers of 2 bytes were taken for 1 or 4, or keys and values for one tensor",
    4: "numbers of 4 bytes were taken for 1, or the reverse",
    8: "bits were taken for bytes, or the reverse",
    **{1.024**power: "GB and GiB (1000 and 1024) may be mixed up" for power in range(1, 5)},
}
PERCENT = {100: "a share and its per cent were mixed up"}


@dataclass(frozen=True)
class Worked:
    """A step with its numbers put in: `2 x 32 x 8 x 128 x 2 B = 131,072 B`."""

    says: str
    text: str


@dataclass(frozen=True)
class Drawn:
    """A card with its figures: what is asked, how it is worked out, and what comes out."""

    card: FigureCard
    seed: int
    figures: dict[str, Figure]
    ask: str
    steps: tuple[Worked, ...]
    value: float
    answer: str

    @property
    def unit(self) -> Unit:
        """What the answer is asked in."""
        return self.card.steps[-1].unit

    @property
    def numbers(self) -> dict[str, float]:
        """The figures that formulas use, in base units."""
        return {name: one.value for name, one in self.figures.items() if one.value is not None}


@dataclass(frozen=True)
class Outcome:
    """Right, wrong, or (None: it costs no try) not readable; and what the learner is told."""

    ok: bool | None
    says: str


def draw(card: FigureCard, seed: int) -> Drawn:
    """The card with figures that depend on the seed and its id alone."""
    figures = pick(card.draws, card.id, seed)
    texts = {name: one.text for name, one in figures.items()}
    values = {name: one.value for name, one in figures.items() if one.value is not None}
    worked = []
    for step in card.steps:
        text, values[step.name] = _work(step, texts, values, card)
        texts[step.name] = step.unit.shown(values[step.name])
        worked.append(Worked(step.says, text))
    value = values[ANSWER]
    answer = card.steps[-1].unit.shown(value, 3)
    return Drawn(card, seed, figures, told(card.ask, texts), tuple(worked), value, answer)


def pick(draws: Draws, id: str, seed: int) -> dict[str, Figure]:
    """The figures that a seed draws for a card of this id."""
    figures: dict[str, Figure] = {}
    for number, choices in enumerate(draws):
        digest = hashlib.sha256(f"{seed}/{id}/{number}".encode()).digest()
        figures |= choices[int.from_bytes(digest[:8], "big") % len(choices)]
    return figures


def told(text: str, figures: Mapping[str, str]) -> str:
    """A text with its figures put in; one of something is not many."""
    return re.sub(r"(?<![\d.,])1 (byte|GPU)s\b", r"1 \1", text.format_map(figures))


def _work(
    step: Step, texts: Mapping[str, str], values: Mapping[str, float], card: FigureCard
) -> tuple[str, float]:
    try:
        value = float(step.formula.value(values))
    except (ArithmeticError, ValueError) as fault:
        says = f"{card.where}: the step {step.name!r} of {card.id!r} gives nothing: {fault}."
        raise ContentError(says, code="content") from fault
    left = step.formula.shown(texts)
    plain = not any(re.search("[A-Za-z%]", texts[name]) for name in step.formula.names)
    if plain and step.unit.base:
        left = f"({left})" if step.formula.is_sum else left
        left += f" {step.unit.base}"
    right = step.unit.shown(value, 3 if step.name == ANSWER else None)
    return (right if left == right else f"{left} = {right}"), value


# --- answers -------------------------------------------------------------------------------


def judge(text: str, drawn: Drawn) -> Outcome:
    """What an answer is worth: `4.2 GiB`, `35%`, `1.3B`, or a number in the card's unit."""
    wanted = drawn.unit
    try:
        number, given = read(text, wanted)
    except ValueError:
        return Outcome(None, f"That can't be read. Write a number and a unit: {_example(wanted)}.")
    if given and given.dimension != wanted.dimension:
        if (given.dimension, wanted.dimension) != COUNTS:  # 12K for tokens/s
            return Outcome(False, f"That is {given.kind}; {wanted.kind} is asked for.")
        number, given = number * given.size, None
    whole = given is None and wanted.dimension in COUNTS and number >= wanted.size > 1
    value = number if whole else number * (given or wanted).size  # 70e9 where billions are asked
    if abs(value - drawn.value) <= drawn.card.tolerance * abs(drawn.value) * (1 + 1e-9):
        return Outcome(True, f"Right: {drawn.answer}.")
    if value <= 0:
        return Outcome(False, "The answer is greater than zero.")
    ratio = min(max(value / drawn.value, 1e-99), 1e99)
    direction = "Too large" if ratio > 1 else "Too small"
    if named := _factor(max(ratio, 1 / ratio), drawn):
        return Outcome(False, f"{direction}, off by the factor {named}.")
    return Outcome(False, f"{direction}: within {100 * drawn.card.tolerance:g}% counts as right.")


def _example(wanted: Unit) -> str:
    return wanted.shown(12.5 * wanted.size)


def _factor(ratio: float, drawn: Drawn) -> str:
    """What the answer is off by, and why that may be; "" if it is nothing known."""
    found = [one for one in _reasons(drawn) if abs(ratio / one[0] - 1) <= CLOSE]
    if not found:
        return ""
    nearest = min(found, key=lambda one: abs(math.log(ratio / one[0])))[0]
    reasons = list(dict.fromkeys(reason for _, reason in found if reason))[:3]
    return significant(nearest) + (f": {'; or '.join(reasons)}" if reasons else "")


def _reasons(drawn: Drawn) -> Iterator[tuple[float, str]]:
    used = frozenset[str]().union(*(step.formula.names for step in drawn.card.steps))
    for name, value in drawn.numbers.items():
        if value >= 2 and name in used:
            words = name.replace("_", " ")
            verb = "were" if words.endswith("s") else "was"
            yield value, f"{words} {verb} forgotten or counted twice"
    yield from FACTORS.items()
    if "[size]" in drawn.unit.dimension:
        yield from SIZE_FACTORS.items()
    if drawn.unit.dimension == "dimensionless":
        yield from PERCENT.items()
