"""Speed as a score: how a submission's time compares with the reference's, and how sure that is.

Both sides play the same batches of fresh cases on one core, in turns (ABBA), in several pairs of
players; every result is compared. The ratio is the median of the pairs' ratios; its interval comes
from a bootstrap over player pairs and batches; the reference against itself says whether the
machine is quiet enough for any of it.
"""

import os
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from drill.grader.checks import Check
from drill.grader.compare import Undecided
from drill.grader.findings import Played, complain, needs_exact
from drill.grader.observation import Observation, describe_error
from drill.grader.sides import EncodedCase, Side, encode
from drill.grader.timing import Batch, Spoiled, TimedPlayer
from drill.grader.verdict import NOISY, NOWHERE
from drill.grader.window import ALIGN

PLAYER_PAIRS = 3
PAIRS = 20  # of batches, in each pair of players
WARM_UP = 3
PATIENCE = 4  # times the pairs that are played until enough were undisturbed
CONTROL_PAIRS = 24
BATCH_SECONDS = 0.006  # so long that starting and stopping a player is little of it
LEAST_PLAY = 0.2  # the share of a batch's time that the reference must be at work
MOST_CASES = 24
SLOWEST = 0.3  # seconds that a batch of the submission's may take
SPARE = 3  # draws that may be known: the simplest one comes first each time
MOST_BYTES = 48 << 20
CONTROL_OFF = 0.03  # how far the reference may be from itself
CONTROL_WIDE = 0.05
RESAMPLED = 1000


class Noisy(Exception):
    """Too few batches were undisturbed."""


Sides = Callable[[bool], Side]  # a new side of the submission, or (True) of the reference


@dataclass(frozen=True)
class Estimate:
    """A ratio with its 95% interval, and both sides' median seconds a play."""

    ratio: float
    low: float
    high: float
    mine: float
    reference: float


@dataclass
class Course:
    """What is played: the cases are drawn anew for each batch."""

    check: Check
    seed_text: str
    size: int = 1
    drawn: int = 0
    known: set[object] = field(default_factory=set)

    def next(self) -> Batch:
        """A batch of cases that were not played before. Raises Spoiled where there are no more."""
        self.drawn += 1
        found = draw(self.check, f"{self.seed_text}/{self.drawn}", self.size, self.known)
        if not found:
            raise Spoiled("It draws too few different cases.")
        cases = [case for _, case in found]
        seeds = range(self.drawn * MOST_CASES, self.drawn * MOST_CASES + len(cases))
        return Batch(self.check.name, [arguments for arguments, _ in found], cases, seeds)


def draw(
    check: Check, seed_text: str, count: int, known: set[object]
) -> list[tuple[dict[str, Any], EncodedCase]]:
    """Up to `count` cases that are not `known`; afterwards they are."""
    found: list[tuple[dict[str, Any], EncodedCase]] = []

    @hypothesis.seed(seed_text)
    @settings(
        max_examples=count + SPARE,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.fixed_dictionaries(dict(check.draws)))
    def keep(arguments: dict[str, Any]) -> None:
        if len(found) < count:
            case = encode(arguments, align=ALIGN)
            key = (str(case.tree), *(bytes(part[:64]) for part in case.body))
            if key not in known:
                known.add(key)
                found.append((arguments, case))

    keep()
    return found


def measure(check: Check, sides: Sides, seed_text: str) -> dict[str, Any]:
    """What the verdict says of speed; without a ratio where it can't be told, and why."""
    return _raced(check, sides, seed_text, lambda race: told(race.run()))


def rehearse(check: Check, sides: Sides, seed_text: str) -> dict[str, Any]:
    """As `measure`, but only so far as to see that the timing works: for authors."""

    def once(race: "_Race") -> dict[str, Any]:
        race.rehearse()
        return untold("")

    return _raced(check, sides, seed_text, once)


def _raced(
    check: Check, sides: Sides, seed_text: str, act: Callable[["_Race"], dict[str, Any]]
) -> dict[str, Any]:
    if sys.platform != "linux":
        return untold(NOWHERE)
    exact = sides(True)
    try:
        with judge_aside() as core:
            return act(_Race(check, sides, exact, seed_text, core))
    except Spoiled as fault:
        return untold(f"The timed run has no result. {fault}")
    except Noisy:
        return untold(NOISY)
    finally:
        exact.stop()


def untold(note: str) -> dict[str, Any]:
    """A speed that was not measured."""
    empty = dict.fromkeys(("ratio", "low", "high", "yours_ms", "reference_ms", "roofline"))
    return {"device": "cpu", **empty, "note": note}


@contextmanager
def judge_aside() -> Iterator[int]:
    """A core for the players; the judge keeps off it while that is possible."""
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    try:
        os.sched_setaffinity(0, (allowed - {core}) or allowed)
        yield core
    finally:
        os.sched_setaffinity(0, allowed)


class _Race:
    """One measurement."""

    def __init__(self, check: Check, sides: Sides, exact: Side, seed_text: str, core: int) -> None:
        self.check, self.sides, self.exact, self.core = check, sides, exact, core
        self.course = Course(check, seed_text)
        self.inputs = self.outputs = 0

    def run(self) -> Estimate:
        """Raises Spoiled or Noisy."""
        self._size()
        self._see_that_it_is_quick()
        controls = (self._estimate((True, True), 1, CONTROL_PAIRS) for _ in range(2))
        if not any(quiet(control) for control in controls):
            raise Noisy
        return self._estimate((False, True), PLAYER_PAIRS, PAIRS)

    def rehearse(self) -> None:
        """Two batches by both sides. Raises Spoiled."""
        self._size()
        both: list[TimedPlayer] = []
        try:
            both += [self._player(one) for one in (False, True)]
            for flip in (False, True):
                self._turn(both, self.course.next(), flip)
        finally:
            for player in both:
                player.stop()

    def _size(self) -> None:
        """How many cases make a batch, and how much room they need."""
        batch = self.course.next()
        (case,) = batch.cases
        played = self._exactly(batch, 0)
        if played.error is not None:
            raise Spoiled(f"The reference raises {describe_error(played.error)}")
        self.inputs = max(sum(map(len, case.body)), 1 << 10)
        self.outputs = 2 * _bytes_of(played.value) + (8 << 10)
        room = MOST_BYTES // (2 * self.inputs + self.outputs)
        few, many = 1, max(2, min(8, room))
        slope = (self._quickest(many) - self._quickest(few)) / (many - few)
        wanted = BATCH_SECONDS / max(slope, 1e-5)
        self.course.size = max(1, min(round(wanted + 0.5), MOST_CASES, room))

    def _quickest(self, cases: int, reference: bool = True, tries: int = 2 * WARM_UP) -> float:
        """The least time that a side takes for a batch of so many cases."""
        self.course.size = cases
        player = self._player(reference)
        try:
            return min(player.batch(self.course.next()).seconds for _ in range(tries))
        finally:
            player.stop()

    def _see_that_it_is_quick(self) -> None:
        """A race against what takes seconds would take minutes. Raises Spoiled."""
        size = self.course.size
        mine, reference = self._quickest(1, False, tries=2), self._quickest(1, tries=2)
        if mine > SLOWEST:
            raise Spoiled(
                f"It takes {mine:.2g} s where the reference takes {1000 * reference:.2g} ms,"
                " too long to be timed further."
            )
        self.course.size = max(1, min(size, int(SLOWEST / mine)))

    def _player(self, reference: bool) -> TimedPlayer:
        side, cases = self.sides(reference), self.course.size
        side.timed = True
        return TimedPlayer(side, self.core, 2 * cases * self.inputs, cases * self.outputs)

    def _estimate(self, who: tuple[bool, bool], players: int, pairs: int) -> Estimate:
        return estimate([self._pair(who, pairs) for _ in range(players)], self.course.size)

    def _pair(self, who: tuple[bool, bool], pairs: int) -> list[tuple[float, float]]:
        """The seconds of both, batch by batch, of two new players. Raises Noisy."""
        both: list[TimedPlayer] = []
        found: list[tuple[float, float]] = []
        idle: list[float] = []
        try:
            both += [self._player(one) for one in who]
            for number in range(WARM_UP + PATIENCE * pairs):
                batch = self.course.next()
                times = self._turn(both, batch, flip=number % 2 == 1)
                idling = both[1].batch(batch, idle=True)
                if number >= WARM_UP:
                    found += [times] if times else []
                    idle += [] if idling.disturbed else [idling.seconds]
                if len(found) == pairs and idle:
                    return without(found, statistics.median(idle))
        finally:
            for player in both:
                player.stop()
        raise Noisy

    def _turn(
        self, both: Sequence[TimedPlayer], batch: Batch, flip: bool
    ) -> tuple[float, float] | None:
        """A batch by both, in one order or the other; None if something else came between."""
        order = (1, 0) if flip else (0, 1)
        runs = {place: both[place].batch(batch) for place in order}
        for number, (mine, drawn) in enumerate(zip(runs[0].results, runs[1].results, strict=True)):
            self._compare(batch, number, mine, drawn)
        if runs[0].disturbed or runs[1].disturbed:
            return None
        return runs[0].seconds, runs[1].seconds

    def _compare(self, batch: Batch, number: int, mine: Observation, drawn: Observation) -> None:
        arguments, case = batch.arguments[number], batch.cases[number]
        # What is near the reference's result is near the exact one, which costs more to know.
        played = Played(arguments, case, batch.seeds[number], mine, drawn, drawn)
        try:
            complaint = complain(self.check, played, 1)[0]
            if complaint is not None and needs_exact(self.check):
                complaint = complain(
                    self.check, replace(played, exact=self._exactly(batch, number)), 1
                )[0]
        except Undecided:
            return
        if complaint is not None:
            raise Spoiled(f"One of its results is wrong: {complaint.text}")

    def _exactly(self, batch: Batch, number: int) -> Observation:
        """The reference's result, not timed; on float64 inputs where that is compared."""
        self.exact.ready()
        promoted = needs_exact(self.check)
        case = encode(batch.arguments[number], promoted=True) if promoted else batch.cases[number]
        self.exact.ask(self.check.name, case, batch.seeds[number])
        return self.exact.answer()


def _bytes_of(value: Any) -> int:
    """Room for a result, generously."""
    from drill.grader.codec import SeenTensor

    match value:
        case SeenTensor():
            return value.values.numel() * 8 + 512
        case list() | tuple():
            return sum(_bytes_of(item) for item in value) + 64
        case dict():
            return sum(_bytes_of(item) for item in value.values()) + 64 * (len(value) + 1)
    return 512


# --- figures -------------------------------------------------------------------------------


def estimate(pairs: Sequence[Sequence[tuple[float, float]]], plays: int) -> Estimate:
    """The ratio of first to second in `pairs`, a list for each pair of players."""
    ratios = [[mine / other for mine, other in one] for one in pairs]
    low, high = interval(ratios)
    mine, other = zip(*(pair for one in pairs for pair in one), strict=True)
    seconds = (statistics.median(mine) / plays, statistics.median(other) / plays)
    return Estimate(centre(ratios), low, high, *seconds)


def without(pairs: Sequence[tuple[float, float]], idle: float) -> list[tuple[float, float]]:
    """Times without what a batch takes besides its plays. Raises Spoiled if that is most of it."""
    kept = [(mine - idle, other - idle) for mine, other in pairs]
    if any(min(mine, other) < LEAST_PLAY * idle for mine, other in kept):
        raise Spoiled("The timed play is too short to be told from what surrounds it.")
    return kept


def centre(ratios: Sequence[Sequence[float]]) -> float:
    """The median over pairs of players of the median over batches."""
    return statistics.median(statistics.median(one) for one in ratios)


def interval(ratios: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The 95% interval of `centre`, by a bootstrap over pairs of players and batches."""
    source = random.Random(0)
    found = []
    for _ in range(RESAMPLED):
        players = source.choices(ratios, k=len(ratios))
        found.append(centre([source.choices(one, k=len(one)) for one in players]))
    found.sort()
    return found[round(0.025 * RESAMPLED)], found[round(0.975 * RESAMPLED) - 1]


def quiet(control: Estimate) -> bool:
    """Whether the reference takes as long as itself."""
    wide = (control.high - control.low) / 2 > CONTROL_WIDE
    return abs(control.ratio - 1) <= CONTROL_OFF and not wide


def told(found: Estimate) -> dict[str, Any]:
    """The estimate as the verdict has it."""
    return {
        "device": "cpu",
        "ratio": round(found.ratio, 3),
        "low": round(found.low, 3),
        "high": round(found.high, 3),
        "yours_ms": round(1000 * found.mine, 4),
        "reference_ms": round(1000 * found.reference, 4),
        "roofline": None,
    }
