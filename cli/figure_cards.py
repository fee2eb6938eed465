"""Cards whose figures are drawn, read strictly from drills/cards/figures/*.yaml."""

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from drill.cli import estimates
from drill.cli.formulas import Formula
from drill.cli.quantities import Unit, read, unit
from drill.grader.catalog import read_text
from drill.grader.formats import LEVELS
from drill.grader.values import Value, parse

KEYS = (
    *("id", "title", "level", "questions", "ask", "draws", "steps", "function", "tolerance"),
    *("sources", "because"),
)
ID = r"[a-z0-9]+(-[a-z0-9]+)*"
NAME = r"[a-z][a-z0-9_]*"
ANSWER = "answer"  # the name of the last step


@dataclass(frozen=True)
class Figure:
    """Something drawn: as the question shows it, and in base units (None for a mere name)."""

    text: str
    value: float | None


# Choices of figures; those of one choice are drawn together.
Draws = tuple[tuple[dict[str, Figure], ...], ...]


@dataclass(frozen=True)
class Step:
    """A step of the solution; its formula is in base units, `unit` is what it is shown in."""

    name: str
    says: str
    formula: Formula
    unit: Unit


@dataclass(frozen=True)
class FigureCard:
    """A question with drawn figures. Each of `draws` holds figures that are drawn together."""

    id: str
    title: str
    level: str
    questions: tuple[str, ...]
    ask: str
    draws: Draws
    steps: tuple[Step, ...]
    function: str
    tolerance: float
    sources: tuple[str, ...]
    because: str
    where: str


def load(root: Path) -> tuple[FigureCard, ...]:
    """All cards with figures below a root folder, in the order of their files.

    Raises ContentError, with file and line, for anything that is not as it should be.
    """
    cards: list[FigureCard] = []
    for path in sorted((root / "drills" / "cards" / "figures").glob("*.yaml")):
        for item in parse(path, read_text(path)).items():
            card = _card(item)
            if any(card.id == other.id for other in cards):
                item.fail(f"the card {card.id!r} stands here twice.")
            cards.append(card)
    return tuple(cards)


def _card(item: Value) -> FigureCard:
    values = item.fields(KEYS)
    id = read_id(values["id"])
    draws = read_draws(values["draws"])
    check_told(values["ask"], names_of(draws))
    sources = values["sources"].texts()
    if not sources:
        values["sources"].fail("name at least one.")
    facts = {"level": values["level"].one_of(LEVELS), "questions": values["questions"].texts()}
    return estimate(values, id=id, draws=draws, sources=sources, where=item.where, **facts)


def read_id(value: Value) -> str:
    """An id of words with dashes between them."""
    id = value.text()
    if not re.fullmatch(ID, id):
        value.fail(f"{id!r} must have small letters and digits, with - between words.")
    return id


def estimate(values: Mapping[str, Value], draws: Draws, **facts: Any) -> FigureCard:
    """A card of what asks for a number, with the figures and facts that stand elsewhere."""
    figures = names_of(draws)
    return FigureCard(
        title=values["title"].text(),
        ask=values["ask"].text().strip(),
        draws=draws,
        steps=_steps(values["steps"], figures),
        function=_function(values["function"], figures),
        tolerance=_tolerance(values["tolerance"]),
        because=values["because"].text().strip(),
        **facts,
    )


def names_of(draws: Draws) -> dict[str, Figure]:
    """The figures that are drawn, each with one of its choices."""
    return {name: one for choices in draws for name, one in choices[0].items()}


def read_draws(value: Value) -> Draws:
    """Each entry is a figure's choices, or choices of several figures that belong together."""
    draws = tuple(_draws(value))
    if len(names_of(draws)) != sum(len(choices[0]) for choices in draws):
        value.fail("a figure is drawn twice.")
    return draws


def _draws(value: Value) -> Iterator[tuple[dict[str, Figure], ...]]:
    for name, key, choices in value.pairs():
        found: list[dict[str, Figure]] = []
        for one in choices.items():
            together = isinstance(one.node, yaml.MappingNode)
            pairs = one.pairs() if together else [(name, key, one)]
            found.append({own: _figure(own, place, node) for own, place, node in pairs})
            if found[-1].keys() != found[0].keys():
                one.fail(f"this must have the figures {', '.join(found[0])}, as the first has.")
        if not found or not found[0]:
            choices.fail("there is nothing to draw from.")
        yield tuple(found)


def _figure(name: str, key: Value, value: Value) -> Figure:
    """A number, a quantity such as `3.35 TB/s`, or a name such as `H100`."""
    if not re.fullmatch(NAME, name) or name == ANSWER:
        key.fail(f"{name!r} can't be the name of a figure.")
    tag = value.node.tag.rpartition(":")[2]
    text = value.scalar(tag if tag in ("int", "float") else "str")
    try:
        if tag in ("int", "float"):
            number = int(text) if tag == "int" else float(text)
            return Figure(f"{number:,}", number)
        if not text[:1].isdigit():
            return Figure(value.text(), None)
        number, of = read(text)
    except ValueError as fault:
        value.fail(f"{text!r} can't be read: {fault}.")
    if of is None:
        value.fail(f"{text!r} needs a unit.")
    size = number * of.size
    return Figure(text, round(size) if abs(size - round(size)) < 1e-9 * size else size)


def check_told(value: Value, figures: Mapping[str, Figure]) -> None:
    """Every figure is told, and nothing else stands in braces."""
    named = braced(value, figures)
    if untold := next((name for name in figures if name not in named), None):
        value.fail(f"the question does not tell {{{untold}}}.")


def braced(value: Value, known: Collection[str]) -> set[str]:
    """The names that stand in a text's braces; all must be known."""
    text = value.text()
    named = re.findall(r"\{([^{}]*)\}", text)
    if unknown := next((name for name in named if name not in known), None):
        value.fail(f"{unknown!r} is not drawn; drawn are: {', '.join(known)}.")
    if len(named) != text.count("{") or len(named) != text.count("}"):
        value.fail("a brace has no partner.")
    return set(named)


def _steps(value: Value, figures: Mapping[str, Figure]) -> tuple[Step, ...]:
    steps: list[Step] = []
    known = {name for name, one in figures.items() if one.value is not None}
    for item in value.items():
        fields = item.fields(("name", "says", "formula", "unit"))
        name, formula = fields["name"].text(), _formula(fields["formula"])
        if not re.fullmatch(NAME, name) or name in {*known, *figures}:
            fields["name"].fail(f"{name!r} is taken, or can't be the name of a step.")
        if unknown := sorted(formula.names - known):
            fields["formula"].fail(f"the name {unknown[0]!r} is unknown here.")
        try:
            shown_in = unit(fields["unit"].text())
        except ValueError as fault:
            fields["unit"].fail(f"{fault}.")
        steps.append(Step(name, fields["says"].text(), formula, shown_in))
        known = known | {name}
    if not steps or steps[-1].name != ANSWER:
        value.fail(f"the last step must be named {ANSWER!r}.")
    return tuple(steps)


def _formula(value: Value) -> Formula:
    try:
        return Formula.parse(value.text())
    except ValueError as fault:
        value.fail(f"{fault}.")


def _function(value: Value, figures: Mapping[str, Figure]) -> str:
    name = value.text()
    function = getattr(estimates, name, None)
    if name.startswith("_") or not inspect.isfunction(function):
        value.fail(f"cli/estimates.py has no function {name!r}.")
    for parameter in inspect.signature(function).parameters.values():
        drawn = parameter.name in figures and figures[parameter.name].value is not None
        if not drawn and parameter.default is parameter.empty:
            value.fail(f"{name} needs {parameter.name!r}, which is not drawn.")
    return name


def _tolerance(value: Value) -> float:
    number = float(value.scalar("float"))
    if not 0 < number <= 0.25:
        value.fail("the tolerance must be above 0 and at most 0.25.")
    return number
