"""When a drill comes up for review, from what the learner did: a fold over the record.

A *turn* at a drill goes from its first sign of life (its start file was written, it was graded, a
hint was shown) to the first pass or give-up after it. A drill's first turn begins by itself, each
later one when a review is begun. What happens between turns is practice, and schedules nothing.

The end of a turn is rated for FSRS, a model of memory (github.com/open-spaced-repetition):

- Again: the solution was looked at before a pass.
- Hard: two hints or more, or more than one and a half times the drill's minutes.
- Easy: no hint, at most half of the minutes, and at most two gradings that did not pass.
- Good: everything else.

Time counts while something happens: of a gap between two signs of life at most ten minutes do.
It is unknown, and then as expected, where a file was graded that `drill start` did not write.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fsrs import Card

What = Literal["started", "review", "passed", "failed", "hint", "gave up"]

LONGEST_GAP = timedelta(minutes=10)
HARD_HINTS = 2
HARD_TIME = 1.5  # times the drill's minutes
EASY_TIME = 0.5
EASY_FAILURES = 2
# What an answer to a quiz card is rated: the least share of its points.
SHARES = ((0.99, "Easy"), (0.7, "Good"), (0.4, "Hard"), (0.0, "Again"))


def local_day(at: datetime) -> date:
    """The date of a moment, as this machine's calendar has it."""
    return at.astimezone().date()


@dataclass(frozen=True)
class Moment:
    """A sign of life at a drill; `level` is that of a hint."""

    drill: str
    at: datetime
    what: What
    level: int = 0


@dataclass(frozen=True)
class Turn:
    """What has happened in a turn up to the moment `last`.

    It is `timed` if it began with a start file: else the work before its first grading is unknown.
    """

    last: datetime
    timed: bool
    spent: timedelta = timedelta()
    hints: int = 0
    failures: int = 0

    def after(self, moment: Moment) -> "Turn":
        """The turn with one more moment in it."""
        return Turn(
            last=moment.at,
            timed=self.timed,
            spent=self.spent + min(moment.at - self.last, LONGEST_GAP),
            hints=max(self.hints, moment.level),
            failures=self.failures + (moment.what == "failed"),
        )


@dataclass(frozen=True)
class Standing:
    """How a drill stands: when its next review is due, if a turn has ended; what the last end was
    rated; how many reviews there were; and whether a review goes on."""

    due: datetime | None = None
    rating: str = ""
    reviews: int = 0
    reviewing: bool = False

    def due_on(self, day: date) -> bool:
        """Whether the review is due on a day of this machine's calendar, or was before."""
        return self.due is not None and local_day(self.due) <= day


def standings(moments: Iterable[Moment], minutes: Mapping[str, int]) -> dict[str, Standing]:
    """Each drill's standing by id. `minutes` are the drills'; of an unknown one time is no matter.

    The moments come oldest first.
    """
    return {id: _standing(own, minutes.get(id)) for id, own in by_drill(moments).items()}


def by_drill(moments: Iterable[Moment]) -> dict[str, list[Moment]]:
    """Each drill's moments, in their order."""
    found: dict[str, list[Moment]] = {}
    for moment in moments:
        found.setdefault(moment.drill, []).append(moment)
    return found


def turns(moments: Iterable[Moment]) -> Iterator[tuple[Turn, bool | None]]:
    """The turns in the life of one drill, each with whether it ended in a pass (True) or a give-up
    (False); None for one that goes on, which is the last."""
    turn: Turn | None = None
    first = True
    for moment in moments:
        if turn is None and (first or moment.what == "review"):
            turn = Turn(moment.at, timed=moment.what in ("started", "review"))
        if turn is None:
            continue
        turn = turn.after(moment)
        if moment.what in ("passed", "gave up"):
            yield turn, moment.what == "passed"
            turn, first = None, False
    if turn is not None:
        yield turn, None


def _standing(moments: Iterable[Moment], minutes: int | None) -> Standing:
    standing, card = Standing(), None
    for number, (turn, passed) in enumerate(turns(moments)):
        if passed is None:
            return replace(standing, reviewing=number > 0)
        rating = rate(turn, passed, minutes)
        card = _reviewed(card, rating, turn.last)
        standing = Standing(card.due, rating, number)
    return standing


def rate(turn: Turn, passed: bool, minutes: int | None) -> str:
    """What the end of a turn is rated: Again, Hard, Good or Easy."""
    if not passed:
        return "Again"
    share = turn.spent / timedelta(minutes=minutes) if minutes else 1.0
    if turn.hints >= HARD_HINTS or share > HARD_TIME:
        return "Hard"
    quick = turn.timed and share <= EASY_TIME and turn.failures <= EASY_FAILURES
    return "Easy" if quick and turn.hints == 0 else "Good"


def card_standing(shares: Iterable[tuple[datetime, float]]) -> Standing:
    """A quiz card's standing, from when it was answered and the share of points made then."""
    standing, card = Standing(), None
    for number, (at, share) in enumerate(shares):
        rating = next(word for least, word in SHARES if share >= least)
        card = _reviewed(card, rating, at)
        standing = Standing(card.due, rating, number)
    return standing


def _reviewed(card: "Card | None", rating: str, at: datetime) -> "Card":
    """The card after a review. Steps within a day are for flash cards; a drill waits a day."""
    from fsrs import Card, Rating, Scheduler

    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    told = Rating[rating]
    return scheduler.review_card(card or Card(card_id=0, due=at), told, at)[0]
