"""A drill's file while it is on the screen: saves are noticed, and the newest text is graded."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drill.cli.check import lacking
from drill.cli.events import Background, Checking, Graded, Inbox
from drill.cli.tools import Grader, Progress, Tools
from drill.grader.catalog import Drill
from drill.grader.errors import UsageError

# How often the screen says how far a grading is, in seconds.
SAY_EVERY = 0.1


class Saves:
    """Grades one drill's file. At most one grading runs; a newer save overtakes it."""

    def __init__(
        self,
        tools: Tools,
        service: Grader,
        inbox: Inbox,
        background: Background,
        place: Callable[[Drill], Path] | None = None,
        seed: int = 0,
    ) -> None:
        self._place = place or tools.workspace.path
        self._seed = seed
        self._tools = tools
        self._service = service
        self._inbox = inbox
        self._background = background
        self._seen: list[object] = []
        self._helpers: tuple[str, ...] = ()
        self._running = False
        self._again = False
        self._dropped = False

    def open(self, drill: Drill) -> None:
        """Turn to a drill's file, as it is now."""
        self.drop()
        self._drill, self._helpers = drill, ()
        self.settle()

    @property
    def path(self) -> Path:
        """The learner's file."""
        return self._place(self._drill)

    @property
    def wanted(self) -> bool:
        """Whether what the grading that runs has to say is about the text as it is now."""
        return self._running and not self._again and not self._dropped

    @property
    def gone(self) -> bool:
        """Whether the file isn't there; an editor may be about to rename its own."""
        return not self.path.exists()

    def settle(self) -> None:
        """Take the file as it is for seen."""
        self._seen = self._signature()

    def changed(self) -> bool:
        """Whether the file, or one that it imports from beside it, was saved since."""
        return self._signature() != self._seen and not self.gone

    def grade(self, speed: bool = False) -> None:
        """Grade the file, and measure its `speed` if it passes; a grading that still runs is
        overtaken. Raises UsageError."""
        self.settle()  # Before the file is read: a later save counts again.
        if self._running:
            self._again = True
            self._service.cancel()
            return
        if self.gone:
            raise UsageError(
                f"Your file is gone: {self.path}",
                code="no-file",
                remedy="Save it again, or press x for the start file.",
            )
        job = self._tools.job_for(self._drill, self.path, self._seed, speed)
        self._watch_helpers(tuple(job.siblings))
        self._running = True
        if skipped := lacking(self._tools, self._drill, str(self.path)):
            self._inbox.post(Graded(job.source, skipped))
        else:
            self._background(lambda: self._inbox.post(self._work(job)))

    def overtaken(self) -> bool:
        """Whether the grading that ended was of an older text: the newest is to be graded then."""
        again = self._again or (not self._dropped and self.changed())
        if again:
            self._running = self._again = self._dropped = False
        return again

    def finished(self) -> bool:
        """Take the end of a grading for known; False if nobody waits for its verdict any more."""
        wanted = not self._dropped
        self._running = self._dropped = False
        return wanted

    def drop(self) -> None:
        """Forget the grading that runs, if one does."""
        self._again = False
        self._dropped = self._running
        self.insist()

    def insist(self) -> None:
        """Cancel what is not wanted any more; the first time it may not have begun yet."""
        if self._running and (self._again or self._dropped):
            self._service.cancel()

    def _watch_helpers(self, helpers: tuple[str, ...]) -> None:
        if helpers != self._helpers:
            self._helpers = helpers
            self._seen = [self._seen[0], *self._signature()[1:]]

    def _signature(self) -> list[object]:
        return [signature(self.path.parent / name) for name in (self.path.name, *self._helpers)]

    def _work(self, job: Any) -> Graded:
        try:
            return Graded(job.source, self._service.grade(job, self._progress()))
        except BaseException as fault:
            return Graded(job.source, fault=fault)

    def _progress(self) -> Progress:
        """Tells the session what is being checked, at a pace that eyes can follow."""
        told: tuple[str, float] = ("", 0.0)

        def tell(check: str, done: int, total: int) -> None:
            nonlocal told
            now = time.monotonic()
            if check != told[0] or now - told[1] >= SAY_EVERY:
                told = (check, now)
                self._inbox.post(Checking(check, done, total))

        return tell


def signature(path: Path) -> object:
    """What changes when a file is saved; None if it isn't there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
