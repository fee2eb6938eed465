"""What happens in a session, and where its events come from."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from drill.grader.verdict import Verdict

Background = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Key:
    """A key that was pressed: a character, or a name such as "up"; "" is the end of the input."""

    char: str


@dataclass(frozen=True)
class Saved:
    """Something changed in the workspace."""


@dataclass(frozen=True)
class Checking:
    """How far the grading that runs has come."""

    check: str
    done: int
    total: int


@dataclass(frozen=True)
class Graded:
    """A grading ended: with a verdict, or with what was raised."""

    source: str
    verdict: Verdict | None = None
    fault: BaseException | None = None


@dataclass(frozen=True)
class Resized:
    """The terminal has another size now."""


@dataclass(frozen=True)
class Suspended:
    """Ctrl-Z: the shell wants the terminal back for a while."""


@dataclass(frozen=True)
class Said:
    """A line that some other part of the program said on standard error."""

    line: str


@dataclass(frozen=True)
class Question:
    """A yes or no that the session waits for."""

    text: str
    yes: Callable[[], None]


def in_thread(work: Callable[[], None]) -> None:
    """Run a grading beside the session."""
    from threading import Thread

    Thread(target=work, name="drill-grade", daemon=True).start()


class Inbox(Protocol):
    """Where a session's events come from."""

    def next(self, timeout: float) -> object:
        """The next event; None after `timeout` seconds without one."""
        ...

    def post(self, event: object) -> None:
        """Add an event, from any thread."""
        ...

    def paused(self) -> AbstractContextManager[None]:
        """A context in which another program may have the terminal."""
        ...

    def suspend(self) -> None:
        """Stop this process until the shell lets it go on."""
        ...
