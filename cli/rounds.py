"""A timed round as plain data: its plan, how its drills are chosen, and what it scored."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from drill.grader.catalog import Drill
from drill.grader.errors import UsageError
from drill.grader.formats import LEVELS

TRIES = 200  # choices of drills of which the one is taken that fills the time best

KIND = "drill round"
FORMAT = 1

# What a drill of each level counts for in a round's score.
WEIGHTS = {"easy": 1.0, "medium": 2.0, "hard": 3.0}
LATE = 0.8  # of a pass that took longer than the drill's minutes
UNFINISHED = 0.5  # of the share of checks passed, where the drill is not
CODE = 0.8  # of the score; the rest are the follow-ups, by one's own judgement

# From the best down: the least score, and what an interviewer would write.
SIGNALS = ((0.85, "strong hire"), (0.65, "hire"), (0.45, "leaning no"), (0.0, "no hire"))


@dataclass(frozen=True)
class Preset:
    """A kind of interview: its minutes, and the levels that each of its drills may have."""

    minutes: int
    slots: tuple[tuple[str, ...], ...]
    topics: tuple[str, ...] = ()


PRESETS = {
    "screen": Preset(30, (("easy", "medium"),) * 2),
    "onsite": Preset(60, (("easy", "medium"), ("medium",), ("hard",))),
    "kernels": Preset(60, (LEVELS,) * 2, ("kernels",)),
}


@dataclass(frozen=True)
class Plan:
    """What a round is about: drills, or a design question by its id.

    The same plan gives the same drills with the same cases, or the same figures.
    """

    minutes: int
    drills: tuple[str, ...]
    seed: int
    design: str = ""

    def to_json(self) -> dict[str, Any]:
        """The plan as a file that can be handed on."""
        facts = {"minutes": self.minutes, "drills": list(self.drills), "seed": self.seed}
        design = {"design": self.design} if self.design else {}
        return {"kind": KIND, "format": FORMAT, **facts, **design}


def read_plan(document: object) -> Plan:
    """The plan of a document. Raises ValueError, which says what is wrong."""
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise ValueError("it is some other document")
    if document.get("format") != FORMAT:
        raise ValueError(f"its format is {document.get('format')}, known is {FORMAT}")
    drills, numbers = document.get("drills"), [document.get("minutes"), document.get("seed")]
    design = document.get("design", "")
    if not isinstance(drills, list) or not all(isinstance(id, str) for id in (*drills, design)):
        raise ValueError("it names no drills")
    if not drills and not design:
        raise ValueError("it names no drills, and no design question")
    if drills and design:
        raise ValueError("it names both drills and a design question")
    if not all(type(number) is int and 0 <= number < 2**31 for number in numbers):
        raise ValueError("its minutes or its seed are no number")
    return Plan(document["minutes"] or 1, tuple(dict.fromkeys(drills)), document["seed"], design)


def choose(
    drills: Sequence[Drill], minutes: int, slots: Sequence[Sequence[str]], seed: int
) -> Plan:
    """The drills of a round, one a slot; their minutes fill the round as well as may be.

    Raises UsageError where there are too few.
    """
    found: list[tuple[Drill, ...]] = []
    for attempt in range(TRIES):
        order = sorted(drills, key=lambda drill: rank(seed, attempt, drill.id))
        if chosen := _fill(order, slots):
            found.append(chosen)
    if not found:
        raise UsageError(
            f"Too few drills fit: {len(slots)} are wanted, of levels"
            f" {', '.join('/'.join(slot) for slot in slots)}.",
            code="too-few-drills",
            remedy="Ask for fewer with --drills, or for other topics or levels.",
        )
    best = min(found, key=lambda chosen: abs(minutes - sum(drill.minutes for drill in chosen)))
    order = sorted(best, key=lambda drill: (LEVELS.index(drill.level), drill.minutes, drill.id))
    return Plan(minutes, tuple(drill.id for drill in order), seed)


def rank(seed: int, attempt: int, id: str) -> bytes:
    """Something to sort by that a seed decides."""
    return hashlib.sha256(f"{seed}/{attempt}/{id}".encode()).digest()


def _fill(order: Sequence[Drill], slots: Sequence[Sequence[str]]) -> tuple[Drill, ...] | None:
    """For each slot the first drill that is left; the most particular slots choose first."""
    left, chosen = list(order), []
    for slot in sorted(slots, key=len):
        drill = next((one for one in left if one.level in slot), None)
        if drill is None:
            return None
        left.remove(drill)
        chosen.append(drill)
    return tuple(chosen)


@dataclass(frozen=True)
class Result:
    """What became of one drill of a round.

    `passed_after` are seconds from the round's start, `spent` those the drill was on the screen up
    to its first pass; `followups` are the learner's own marks, 0 to 2; `work` is what the last
    grading counted, in words.
    """

    drill: str
    level: str
    minutes: int
    passed_after: float | None
    spent: float
    attempts: int
    checks_passed: int
    checks: int
    followups: tuple[int, ...] = ()
    work: tuple[str, ...] = ()

    @property
    def code(self) -> float:
        """0 to 1: in the drill's minutes, later, or by the checks that passed."""
        if self.passed_after is not None:
            return 1.0 if self.spent <= 60 * self.minutes else LATE
        return UNFINISHED * self.checks_passed / self.checks if self.checks else 0.0


@dataclass(frozen=True)
class Scorecard:
    """How a round went."""

    results: tuple[Result, ...]

    @property
    def code(self) -> float:
        """The drills' scores, by the weights of their levels."""
        weights = [WEIGHTS.get(result.level, 1.0) for result in self.results]
        scores = zip(weights, self.results, strict=True)
        return sum(weight * result.code for weight, result in scores) / (sum(weights) or 1.0)

    @property
    def talk(self) -> float | None:
        """The follow-ups' marks as a share; None if none was rated."""
        marks = [mark for result in self.results for mark in result.followups]
        return sum(marks) / (2 * len(marks)) if marks else None

    @property
    def score(self) -> float:
        """The whole."""
        return self.code if self.talk is None else CODE * self.code + (1 - CODE) * self.talk

    @property
    def signal(self) -> str:
        """What an interviewer would write."""
        return signal(self.score)

    def to_json(self) -> dict[str, Any]:
        """The card as `--json` prints it and the record keeps it."""
        rows = [
            {
                **asdict(one),
                "followups": list(one.followups),
                "work": list(one.work),
                "score": round(one.code, 4),
            }
            for one in self.results
        ]
        talk = None if self.talk is None else round(self.talk, 4)
        totals = {"code": round(self.code, 4), "followups": talk, "score": round(self.score, 4)}
        return {"results": rows, **totals, "signal": self.signal}


class Scored(Protocol):
    """The scorecard of any kind of round."""

    def to_json(self) -> dict[str, Any]:
        """The card as the record keeps it: it has a `score` and a `signal`."""
        ...


def signal(score: float) -> str:
    """What an interviewer would write about a score of 0 to 1."""
    return next(word for least, word in SIGNALS if score >= least)


def read_card(document: Mapping[str, Any]) -> Scorecard:
    """The card that `to_json` wrote. Raises KeyError or TypeError for another document."""
    results = []
    for row in document["results"]:
        facts = {key: value for key, value in row.items() if key != "score"}
        marks, work = tuple(facts["followups"]), tuple(facts.get("work", ()))
        results.append(Result(**{**facts, "followups": marks, "work": work}))
    return Scorecard(tuple(results))


def deadline(began: datetime, plan: Plan) -> datetime:
    """When a round is over, by the clock on the wall."""
    return began + timedelta(minutes=plan.minutes)
