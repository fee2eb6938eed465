"""What happens in a session, and where its events come from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from drill.grader.verdict import Verdict

Background = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Key:
    """A key that was pressed; the empty one is the end of the input."""

    char: str


@dataclass(frozen=True)
class Saved:
    """Something changed in the workspace."""


@dataclass(frozen=True)
class Graded:
    """A grading ended: with a verdict, or with what was raised."""

    source: str
    verdict: Verdict | None = None
    fault: BaseException | None = None


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

    def paused(self) -> Any:
        """A context in which another program may have the terminal."""
        ...


def signature(path: Path) -> object:
    """What changes when a file is saved; None if it isn't there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
