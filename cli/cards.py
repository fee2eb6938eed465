"""Quiz cards: questions that are answered in words. Read strictly from drills/cards/*.yaml."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from drill.grader.catalog import read_text
from drill.grader.errors import ContentError
from drill.grader.formats import LEVELS, FollowUp
from drill.grader.values import Value, parse

KINDS = ("explain", "concept", "estimate", "design")

KEYS = (
    *("id", "title", "kind", "level", "questions", "ask", "rubric", "answer", "wrong"),
    *("followups", "drills", "sources"),
)
RUBRIC = range(4, 9)  # points an interviewer listens for
SPOKEN = range(110, 421)  # words that one speaks in about two minutes

T = TypeVar("T")


@dataclass(frozen=True)
class Point:
    """Something an interviewer listens for, and why it matters."""

    says: str
    why: str


@dataclass(frozen=True)
class Wrong:
    """A common wrong answer, and what is right."""

    says: str
    but: str


@dataclass(frozen=True)
class Card:
    """One question; `section` is the file it stands in, `questions` are the guide's ids."""

    id: str
    section: str
    title: str
    kind: str
    level: str
    questions: tuple[str, ...]
    ask: str
    rubric: tuple[Point, ...]
    answer: str
    wrong: tuple[Wrong, ...]
    followups: tuple[FollowUp, ...]
    drills: tuple[str, ...]
    sources: tuple[str, ...]


def load(root: Path) -> tuple[Card, ...]:
    """All cards below a root folder, by section, in the order of their files.

    Raises ContentError, with file and line, for anything that is not as it should be.
    """
    cards: list[Card] = []
    for path in sorted((root / "drills" / "cards").glob("*.yaml")):
        for card, value in _read(path):
            if any(card.id == other.id for other in cards):
                value.fail(f"the card {card.id!r} stands here twice.")
            cards.append(card)
    return tuple(cards)


def _read(path: Path) -> Iterator[tuple[Card, Value]]:
    for item in parse(path, read_text(path)).items():
        values = item.fields(KEYS)
        yield (
            Card(
                id=values["id"].text(),
                section=path.stem,
                title=values["title"].text(),
                kind=values["kind"].one_of(KINDS),
                level=values["level"].one_of(LEVELS),
                questions=values["questions"].texts(),
                ask=values["ask"].text(),
                rubric=read_rubric(values["rubric"]),
                answer=_spoken(values["answer"]),
                wrong=tuple(_pair(one, Wrong, "says", "but") for one in values["wrong"].items()),
                followups=tuple(
                    _pair(one, FollowUp, "ask", "answer") for one in values["followups"].items()
                ),
                drills=values["drills"].texts(),
                sources=_some(values["sources"]),
            ),
            item,
        )


def read_rubric(value: Value) -> tuple[Point, ...]:
    """The points of an answer, 4 to 8."""
    points = tuple(_pair(one, Point, "says", "why") for one in value.items())
    if len(points) not in RUBRIC:
        value.fail(f"a rubric has {RUBRIC[0]} to {RUBRIC[-1]} points, not {len(points)}.")
    return points


def _pair(value: Value, kind: Callable[..., T], *keys: str) -> T:
    fields = value.fields(keys)
    return kind(*(fields[key].text() for key in keys))


def _spoken(value: Value) -> str:
    text = value.text()
    words = len(text.split())
    if words not in SPOKEN:
        value.fail(f"an answer has {SPOKEN[0]} to {SPOKEN[-1]} words, not {words}.")
    return text


def _some(value: Value) -> tuple[str, ...]:
    texts = value.texts()
    if not texts:
        raise ContentError(f"{value.where}: name at least one.", code="content")
    return texts
