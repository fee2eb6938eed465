"""System-design rounds, read strictly from drills/cards/rounds/*.yaml: five stages on one service.

The figures of a round are drawn by a seed. Every text may name them in braces; after the capacity
stage it may name that stage's results, too.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from drill.cli.cards import Point, read_rubric
from drill.cli.figure_cards import (
    NAME,
    Draws,
    FigureCard,
    braced,
    check_told,
    estimate,
    names_of,
    read_draws,
    read_id,
)
from drill.cli.figures import draw, pick, told
from drill.grader.catalog import read_text
from drill.grader.formats import LEVELS
from drill.grader.values import Value, parse

STAGES = ("requirements", "capacity", "architecture", "bottleneck", "failure")
CAPACITY = "capacity"  # the stage whose answers are numbers

KEYS = ("id", "title", "level", "questions", "brief", "draws", "stages", "drills", "sources")
TALK = ("name", "minutes", "ask", "rubric", "answer")
NUMBERS = ("name", "minutes", "ask", "estimates")
ESTIMATE = ("name", "title", "ask", "steps", "function", "tolerance", "because")
ASKED = range(2, 6)  # estimates of a round
MINUTES = range(20, 61)  # of a whole round


@dataclass(frozen=True)
class Stage:
    """A part of a round: either points that an interviewer listens for, or numbers to work out."""

    name: str
    minutes: int
    ask: str
    rubric: tuple[Point, ...] = ()
    answer: str = ""
    estimates: tuple[FigureCard, ...] = ()

    @property
    def points(self) -> int:
        """What there is to be made."""
        return len(self.rubric) + len(self.estimates)


@dataclass(frozen=True)
class Design:
    """A design question of five stages; `names` are those of the capacity stage's results."""

    id: str
    title: str
    level: str
    questions: tuple[str, ...]
    brief: str
    draws: Draws
    stages: tuple[Stage, ...]
    names: tuple[str, ...]
    drills: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """How long the round is."""
        return sum(stage.minutes for stage in self.stages)


def load(root: Path) -> tuple[Design, ...]:
    """All design rounds below a root folder.

    Raises ContentError, with file and line, for anything that is not as it should be.
    """
    designs: list[Design] = []
    for path in sorted((root / "drills" / "cards" / "rounds").glob("*.yaml")):
        for item in parse(path, read_text(path)).items():
            design = _design(item)
            if any(design.id == other.id for other in designs):
                item.fail(f"the round {design.id!r} stands here twice.")
            designs.append(design)
    return tuple(designs)


def with_figures(design: Design, seed: int) -> Design:
    """The round with the figures of a seed in its texts; its estimates keep their braces."""
    texts = {name: one.text for name, one in pick(design.draws, design.id, seed).items()}
    capacity = next(stage for stage in design.stages if stage.name == CAPACITY)
    results = [draw(card, seed).answer for card in capacity.estimates]
    known = {**texts, **dict(zip(design.names, results, strict=True))}
    stages = tuple(_filled(stage, known) for stage in design.stages)
    return replace(design, brief=told(design.brief, texts), stages=stages)


def _filled(stage: Stage, texts: Mapping[str, str]) -> Stage:
    points = tuple(Point(told(one.says, texts), told(one.why, texts)) for one in stage.rubric)
    ask, answer = told(stage.ask, texts), told(stage.answer, texts)
    return replace(stage, ask=ask, answer=answer, rubric=points)


# --- reading -------------------------------------------------------------------------------


def _design(item: Value) -> Design:
    values = item.fields(KEYS)
    draws = read_draws(values["draws"])
    figures = names_of(draws)
    check_told(values["brief"], figures)
    sources = values["sources"].texts()
    design = Design(
        id=read_id(values["id"]),
        title=values["title"].text(),
        level=values["level"].one_of(LEVELS),
        questions=values["questions"].texts(),
        brief=values["brief"].text().strip(),
        draws=draws,
        stages=(),
        names=(),
        drills=values["drills"].texts(),
        sources=sources,
    )
    stages = values["stages"].items()
    found = [stage.fields((), (*TALK, *NUMBERS)).get("name", stage).text() for stage in stages]
    if found != list(STAGES):
        values["stages"].fail(f"the stages must be {', '.join(STAGES)}, not {', '.join(found)}.")
    numbers = stages[STAGES.index(CAPACITY)].fields(NUMBERS)["estimates"].items()
    names = tuple(_name(one, figures) for one in numbers)
    if len(names) not in ASKED or len(set(names)) < len(names):
        values["stages"].fail(f"there must be {ASKED[0]} to {ASKED[-1]} estimates, by other names.")
    design = replace(design, names=names)
    whole = replace(design, stages=tuple(_stage(stage, design) for stage in stages))
    if whole.minutes not in MINUTES:
        item.fail(f"a round has {MINUTES[0]} to {MINUTES[-1]} minutes, not {whole.minutes}.")
    return whole


def _name(value: Value, figures: Collection[str]) -> str:
    name = value.fields(ESTIMATE)["name"].text()
    if not re.fullmatch(NAME, name) or name in figures:
        value.fail(f"{name!r} is taken, or can't be the name of a result.")
    return name


def _stage(value: Value, design: Design) -> Stage:
    name = value.fields((), (*TALK, *NUMBERS))["name"].text()
    fields = value.fields(NUMBERS if name == CAPACITY else TALK)
    figures = names_of(design.draws)
    early = name in STAGES[: STAGES.index(CAPACITY)]
    known = tuple(figures) if early else (*figures, *design.names)
    braced(fields["ask"], figures if name == CAPACITY else known)
    stage = Stage(name, fields["minutes"].count(), fields["ask"].text().strip())
    if name == CAPACITY:
        return replace(stage, estimates=_estimates(fields["estimates"], design))
    for point in fields["rubric"].items():
        for _, _, text in point.pairs():
            braced(text, known)
    braced(fields["answer"], known)
    return replace(stage, rubric=read_rubric(fields["rubric"]), answer=fields["answer"].text())


def _estimates(value: Value, design: Design) -> tuple[FigureCard, ...]:
    return tuple(_estimate(one, design) for one in value.items())


def _estimate(value: Value, design: Design) -> FigureCard:
    values = value.fields(ESTIMATE)
    braced(values["ask"], names_of(design.draws))
    return estimate(
        values,
        id=design.id,  # All estimates of a round draw the same figures.
        level=design.level,
        questions=design.questions,
        draws=design.draws,
        sources=design.sources,
        where=value.where,
    )
