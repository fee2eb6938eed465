"""The session of a timed round: the clock, the drills, and verdicts without a diagnosis."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from drill.cli import editor, events, render, texts, views
from drill.cli.check import record
from drill.cli.events import Background, Graded, Inbox, Question, in_thread
from drill.cli.history import Attempt, Round
from drill.cli.rounds import deadline
from drill.cli.saves import Saves
from drill.cli.screen import Display, Frame
from drill.cli.tools import Grader, Tools
from drill.cli.watch import SCROLLING
from drill.cli.workspace import start_file, text_of
from drill.grader.catalog import Drill
from drill.grader.errors import DrillError
from drill.grader.verdict import Verdict

TICK = 0.5  # seconds between two looks at the clock and at the files
WARNINGS = (timedelta(minutes=5), timedelta(minutes=1))


@dataclass
class Seat:
    """One drill of the round: what the learner last heard of it."""

    drill: Drill
    path: Path
    verdict: Verdict | None = None
    fault: DrillError | None = None
    page: str = ""
    graded: str = ""  # the text that the verdict is about

    @property
    def news(self) -> bool:
        """Whether there is a text of the learner's that was not graded."""
        text = text_of(self.path)
        return text not in ("", self.graded, start_file(self.drill))


class TimedSession:
    """A round on the screen, until it is handed in, the time is over, or the learner leaves."""

    def __init__(
        self,
        tools: Tools,
        service: Grader,
        inbox: Inbox,
        round: Round,
        drills: Sequence[Drill],
        background: Background = in_thread,
    ) -> None:
        self.tools, self.inbox, self.round = tools, inbox, round
        folder = Path(round.folder)
        self.seats = [Seat(drill, place(folder, drill)) for drill in drills]
        for seat in self.seats:
            self._recall(seat)
        self.seat = self.seats[0]
        self.display = Display(tools.out)
        self.saves = Saves(
            tools, service, inbox, background, partial(place, folder), round.plan.seed
        )
        self.ends = deadline(round.at, round.plan)
        self.note = ""
        self.question: Question | None = None
        self._warned = self._left()
        self._checking: events.Checking | None = None
        self._running = self._handed_in = self._away_for_good = False

    def run(self) -> bool:
        """Handle events; True if the round is over, False if it was left to be gone on with."""
        try:
            with self.display:
                self._open(next((o for o in self.seats if not passed(o.verdict)), self.seat))
                while not (self._handed_in or self._away_for_good or self._left() <= timedelta()):
                    self._handle(self.inbox.next(TICK))
        finally:
            self.saves.drop()
        return not self._away_for_good

    def _recall(self, seat: Seat) -> None:
        """What was said of a drill before the round was left, if anything."""
        for attempt in attempts_at(self.tools, seat.drill, seat.path):
            seat.verdict, seat.graded = without_diagnosis(attempt.verdict), attempt.source

    # --- events ------------------------------------------------------------------------------

    def _handle(self, event: object) -> None:
        self.saves.insist()
        if isinstance(event, events.Key):
            self._key(event.char)
        elif isinstance(event, Graded):
            self._graded(event)
        elif isinstance(event, events.Checking):
            self._checking = event if self.saves.wanted else self._checking
        elif isinstance(event, events.Resized):
            self.display.resize()
        elif isinstance(event, events.Suspended):
            with self._away():
                self.inbox.suspend()
        elif isinstance(event, events.Said):
            self.note = event.line.removeprefix("drill: ")
        elif self.saves.changed():
            self._grade()
        self._tick()

    def _tick(self) -> None:
        left = self._left()
        for warning in WARNINGS:
            if left <= warning < self._warned:
                minutes = round_minutes(warning)
                self.note = f"{minutes} left. What you saved counts; d hands in."
        self._warned = left
        self._around()

    def _key(self, char: str) -> None:
        if self.question:
            question, self.question = self.question, None
            if char in ("y", "Y"):
                question.yes()
            return
        acts: dict[str, Callable[[], None]] = {
            "": self._leave,
            "q": lambda: self._ask("Leave? The clock goes on.", self._leave),
            "d": lambda: self._ask("Hand in, and end the round?", self._hand_in),
            "r": self._grade,
            "e": self._editor,
            "n": lambda: self._open(self._next_open()),
            "f": partial(self._page, "f"),
            "\n": partial(self._page, "\n"),
            "escape": partial(self._page, ""),
        }
        self.note = ""
        if char in acts and (char != "f" or "f" in self._names()):
            acts[char]()
        elif char in SCROLLING:
            self.display.scroll(char)
        elif char.isdecimal() and 1 <= int(char) <= len(self.seats):
            self._open(self.seats[int(char) - 1])

    def _graded(self, event: Graded) -> None:
        if self.saves.overtaken():
            self._grade()
            return
        if not self.saves.finished():
            return
        self._running, self._checking = False, None
        if event.verdict:
            record(self.tools, event.verdict, event.source, self.saves.path)
        elif event.fault and not isinstance(event.fault, DrillError):
            raise event.fault
        self.seat.graded = event.source
        self.seat.fault = event.fault if isinstance(event.fault, DrillError) else None
        self.seat.verdict, self.seat.page = without_diagnosis(event.verdict), ""
        self._draw()

    # --- what keys do ------------------------------------------------------------------------

    def _open(self, seat: Seat) -> None:
        self.seat = seat
        self._running, self._checking = False, None
        self.saves.open(seat.drill)
        self._draw()
        if seat.news:  # It was saved while another drill was on the screen.
            self._grade()

    def _next_open(self) -> Seat:
        """The next drill that is not passed yet; the next of all if there is none."""
        at = self.seats.index(self.seat)
        following = [*self.seats[at + 1 :], *self.seats[: at + 1]]
        return next((one for one in following if not passed(one.verdict)), following[0])

    def _grade(self) -> None:
        try:
            self.saves.grade()
            self._running = True
        except DrillError as fault:
            self.seat.verdict, self.seat.fault = None, fault
            self._draw()

    def _editor(self) -> None:
        self.note = editor.edit_failure(
            self.tools.editor,
            self.seat.path,
            self.seat.verdict,
            self._away,
            lambda line: self.inbox.post(events.Said(line)),
        )

    def _page(self, page: str) -> None:
        self.seat.page = "" if page == self.seat.page else page
        self._draw()

    def _ask(self, text: str, yes: Callable[[], None]) -> None:
        self.question = Question(text, yes)

    def _leave(self) -> None:
        self._away_for_good = True

    def _hand_in(self) -> None:
        self._handed_in = True

    @contextmanager
    def _away(self) -> Iterator[None]:
        """The terminal as it was, for another program."""
        with self.display.paused(), self.inbox.paused():
            yield

    # --- the screen --------------------------------------------------------------------------

    def _left(self) -> timedelta:
        return self.ends - self.tools.now()

    def frame(self) -> Frame:
        """What is on the screen."""
        return Frame(self._head(), self._state(), self._body(), self._foot(), self._keys())

    def _draw(self) -> None:
        self.display.show(self.frame())

    def _around(self) -> None:
        self.display.change(self._state(), self._foot(), self._keys())

    def _head(self) -> RenderableType:
        table = Table.grid(expand=True, padding=(0, 0, 0, 2), pad_edge=False)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column(no_wrap=True, justify="right")
        place = f"drill {self.seats.index(self.seat) + 1} of {len(self.seats)}"
        table.add_row(Text(self.seat.drill.title, "bold"), Text(place, "dim"))
        return Group(table, texts.link(self.seat.path))

    def _state(self) -> RenderableType:
        if self._running:
            return views.checking(self._checking, self.seat.verdict is None)
        if self.seat.fault:
            return Text("it can't be graded", render.STYLES["error"])
        return views.outcome(self.seat.drill, self.seat.verdict)

    def _body(self) -> RenderableType:
        seat = self.seat
        if seat.page == "f" and seat.verdict and seat.verdict.failure:
            return views.program(seat.verdict.failure)
        if seat.fault and not seat.page:
            return views.problem(seat.fault)
        if seat.verdict and not seat.page:
            return views.findings(seat.verdict)
        return texts.markdown(seat.drill.body)

    def _foot(self) -> RenderableType:
        if self.question:
            return Text(self.question.text, "bold")
        if self.note:
            return Text(texts.harmless(self.note), "bold")
        marks = [
            f"{number} {'passed' if passed(seat.verdict) else 'open'}"
            for number, seat in enumerate(self.seats, 1)
        ]
        return Text("   ".join(marks), "dim")

    def _names(self) -> dict[str, str]:
        failure = self.seat.verdict.failure if self.seat.verdict else None
        names = {f"1-{len(self.seats)}": "drill", "n": "next", "r": "run", "e": "editor"}
        if self.seat.verdict or self.seat.fault:
            names["\n"] = "statement"
        if failure and failure.code:
            names["f"] = "case"
        return {**names, "d": "hand in", "q": "leave"}

    def _keys(self) -> RenderableType:
        names = {"y": "yes", "n": "no"} if self.question else self._names()
        left = max(self._left(), timedelta())
        style = "bold red" if left <= WARNINGS[0] else "bold"
        return Group(views.Keys(names), Text(f"{clock(left)} left", style))


def place(folder: Path, drill: Drill) -> Path:
    """Where a round has the file of a drill."""
    return folder / f"{drill.id}.py"


def attempts_at(tools: Tools, drill: Drill, path: Path) -> list[Attempt]:
    """The gradings of one file, oldest first."""
    return [one for one in tools.store.attempts(drill.id) if one.file == str(path)]


def passed(verdict: Verdict | None) -> bool:
    """Whether there is a verdict, and it is a pass."""
    return verdict is not None and verdict.status == "passed"


def without_diagnosis(verdict: Verdict | None) -> Verdict | None:
    """What an interviewer would say: which case fails, and not which mistake it is."""
    if verdict is None:
        return None
    return replace(verdict, checks=[replace(check, diagnosis="") for check in verdict.checks])


def clock(left: timedelta) -> str:
    """Minutes and seconds."""
    seconds = int(left.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02}"


def round_minutes(span: timedelta) -> str:
    """A number of minutes in words."""
    minutes = int(span.total_seconds()) // 60
    return f"{minutes} minute{'s' * (minutes != 1)}"
