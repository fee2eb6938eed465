"""What a history amounts to: the streak of days, and how far the learner is in each drill."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from drill.cli.history import Attempt, History, stamp
from drill.cli.listing import count
from drill.cli.schedule import local_day
from drill.cli.tools import Tools
from drill.grader.catalog import Drill


@dataclass(frozen=True)
class Streak:
    """Days in a row with an attempt or an answer, to today, or to yesterday, as today goes on."""

    days: int
    today: bool

    def sentence(self) -> str:
        """The streak, and what today does to it."""
        if self.today:
            return f"Streak: {count(self.days, 'day')}, today included."
        if self.days:
            return f"Streak: {count(self.days, 'day')}; an attempt today makes it {self.days + 1}."
        return "Streak: none now; an attempt today starts a new one."


def streak(times: Iterable[datetime], now: datetime) -> Streak:
    """The streak at the moment `now`; a day is one of this machine's calendar."""
    days, today = {local_day(at) for at in times}, local_day(now)
    last = today if today in days else today - timedelta(days=1)
    length = 0
    while last - timedelta(days=length) in days:
        length += 1
    return Streak(length, today in days)


@dataclass(frozen=True)
class Progress:
    """One drill's history. Only what was graded in the workspace counts as an attempt."""

    id: str
    status: str
    attempts: int
    attempts_to_pass: int | None
    hints: int
    gave_up: bool
    last_practised: datetime
    often_fails: str | None

    def to_json(self) -> dict[str, Any]:
        """The progress as `drill report --json` has it."""
        return {**asdict(self), "last_practised": stamp(self.last_practised)}


def history(tools: Tools) -> History:
    """All that is recorded; where nothing was, no file is made for it."""
    return tools.store.history() if recorded(tools) else History()


def practised(tools: Tools) -> list[datetime]:
    """When files of the workspace were graded, and questions answered."""
    if not recorded(tools):
        return []
    return [*tools.store.practised(), *(answer.at for answer in tools.store.answers())]


def is_done(tools: Tools, drill: Drill) -> bool:
    """Whether a drill is passed, and no review of it goes on."""
    standing = tools.standings.get(drill.id)
    reviewing = standing is not None and standing.reviewing
    return tools.statuses.get(drill.id) == "passed" and not reviewing


def recorded(tools: Tools) -> bool:
    """Whether there is a record."""
    from drill.cli.store import FILE

    return (tools.state / FILE).exists()


def by_drill(history: History, statuses: Mapping[str, str]) -> list[Progress]:
    """Each drill that was touched, the one practised last first."""
    inside = tuple(attempt for attempt in history.attempts if attempt.in_workspace)
    history = History(inside, history.hints, history.give_ups)
    found = [
        _progress(id, statuses.get(id, "new"), history.of(id))
        for id in sorted({row.drill for row in history.rows()})
    ]
    return sorted(found, key=lambda one: one.last_practised, reverse=True)


def _progress(id: str, status: str, own: History) -> Progress:
    return Progress(
        id=id,
        status=status,
        attempts=len(own.attempts),
        attempts_to_pass=_attempts_to_pass(own.attempts),
        hints=max((hint.level for hint in own.hints), default=0),
        gave_up=bool(own.give_ups),
        last_practised=max(row.at for row in own.rows()),
        often_fails=_often_fails(own.attempts),
    )


def _attempts_to_pass(attempts: Iterable[Attempt]) -> int | None:
    """How many attempts it took up to the first pass, that one included."""
    numbered = enumerate(attempts, 1)
    return next((number for number, one in numbered if one.status == "passed"), None)


def _often_fails(attempts: Iterable[Attempt]) -> str | None:
    """The check that was the first to fail most often."""
    failures = (attempt.verdict.failure for attempt in attempts)
    counted = Counter(failure.name for failure in failures if failure)
    return counted.most_common(1)[0][0] if counted else None
