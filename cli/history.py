"""The learner's history as plain data, and its document: what `drill export` writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from drill.cli.rounds import Plan
from drill.grader.verdict import Verdict

KIND = "drill history"
FORMAT = 1


class Row(Protocol):
    """What all rows have. `uid` is the same on every machine; `at` is in UTC."""

    @property
    def uid(self) -> str:
        """What the row is known by."""
        ...

    @property
    def drill(self) -> str:
        """The drill's id; this version of drill may have no such drill. Empty for a round."""
        ...

    @property
    def at(self) -> datetime:
        """When it was recorded."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        ...


@dataclass(frozen=True)
class Attempt:
    """One graded run, with the text that was graded."""

    uid: str
    drill: str
    at: datetime
    in_workspace: bool
    source: str
    verdict: Verdict

    @property
    def status(self) -> str:
        """The verdict's."""
        return self.verdict.status

    @property
    def file(self) -> str:
        """Where the text came from, on the machine it was graded on."""
        return self.verdict.file

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        rest = {"in_workspace": self.in_workspace, "source": self.source}
        return {**_head(self), **rest, "verdict": self.verdict.to_json()}


@dataclass(frozen=True)
class Hint:
    """A hint (1 to 3) that was shown."""

    uid: str
    drill: str
    at: datetime
    level: int

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        return {**_head(self), "level": self.level}


@dataclass(frozen=True)
class GiveUp:
    """A solution that was shown before a pass."""

    uid: str
    drill: str
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        return _head(self)


@dataclass(frozen=True)
class Start:
    """The start file of a drill was written: for the first time, or for a review."""

    uid: str
    drill: str
    at: datetime
    review: bool

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        return {**_head(self), "review": self.review}


@dataclass(frozen=True)
class Round:
    """A timed round was begun; `folder` is where its files are, on the machine it was played on."""

    uid: str
    at: datetime
    plan: Plan
    folder: str

    @property
    def drill(self) -> str:
        """A round is of no single drill."""
        return ""

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        head = {"uid": self.uid, "at": stamp(self.at)}
        return {**head, "plan": self.plan.to_json(), "folder": self.folder}


@dataclass(frozen=True)
class RoundEnd:
    """A round was scored; `round` is its uid."""

    uid: str
    at: datetime
    round: str
    card: Mapping[str, Any]

    @property
    def drill(self) -> str:
        """A round is of no single drill."""
        return ""

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        head = {"uid": self.uid, "at": stamp(self.at)}
        return {**head, "round": self.round, "card": dict(self.card)}


@dataclass(frozen=True)
class Answer:
    """A quiz card was answered: `made` of its `points`, in `seconds`; `text` if it was typed."""

    uid: str
    at: datetime
    card: str
    made: int
    points: int
    seconds: float
    text: str

    @property
    def drill(self) -> str:
        """A card is of no drill."""
        return ""

    def to_json(self) -> dict[str, Any]:
        """The row as it stands in the document."""
        head = {"uid": self.uid, "at": stamp(self.at), "card": self.card}
        return {
            **head,
            **{key: getattr(self, key) for key in ("made", "points", "seconds", "text")},
        }


@dataclass(frozen=True)
class History:
    """All that is recorded, oldest first; rows of one moment in the order of their uids."""

    attempts: tuple[Attempt, ...] = ()
    hints: tuple[Hint, ...] = ()
    give_ups: tuple[GiveUp, ...] = ()
    starts: tuple[Start, ...] = ()
    rounds: tuple[Round, ...] = ()
    round_ends: tuple[RoundEnd, ...] = ()
    answers: tuple[Answer, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document; one history always gives the same."""
        rows = {
            field.name: [row.to_json() for row in getattr(self, field.name)]
            for field in fields(self)
        }
        return {"kind": KIND, "format": FORMAT, **rows}

    def rows(self) -> tuple[Row, ...]:
        """The rows of all kinds."""
        return tuple(row for field in fields(self) for row in getattr(self, field.name))

    def of(self, drill: str) -> "History":
        """What belongs to one drill."""
        return History(
            tuple(row for row in self.attempts if row.drill == drill),
            tuple(row for row in self.hints if row.drill == drill),
            tuple(row for row in self.give_ups if row.drill == drill),
            tuple(row for row in self.starts if row.drill == drill),
        )

    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind."""
        return {field.name: len(getattr(self, field.name)) for field in fields(self)}

    def without(self, other: "History") -> "History":
        """The rows that `other` lacks. Raises ValueError where both have a row that differs."""
        return History(
            _without(self.attempts, other.attempts),
            _without(self.hints, other.hints),
            _without(self.give_ups, other.give_ups),
            _without(self.starts, other.starts),
            _without(self.rounds, other.rounds),
            _without(self.round_ends, other.round_ends),
            _without(self.answers, other.answers),
        )


R = TypeVar("R", bound=Row)


def stamp(at: datetime) -> str:
    """A time as it is written: in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _head(row: Row) -> dict[str, Any]:
    return {"uid": row.uid, "drill": row.drill, "at": stamp(row.at)}


def _without(rows: tuple[R, ...], others: tuple[R, ...]) -> tuple[R, ...]:
    known = {row.uid: row for row in others}
    for row in rows:
        if row.uid in known and not same(row, known[row.uid]):
            raise ValueError(f"what is recorded as {row.uid} differs")
    return tuple(row for row in rows if row.uid not in known)


def same(one: Row, other: Row) -> bool:
    """Whether two rows are equal; a NaN in them is equal to another."""
    return one is other or json.dumps(one.to_json()) == json.dumps(other.to_json())
