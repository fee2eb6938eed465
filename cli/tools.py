"""What a command works with: made once in `main`, handed to every command, replaced in tests."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from drill.grader.catalog import Catalog, Drill

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from drill.cli.schedule import Standing
    from drill.cli.store import Store
    from drill.cli.workspace import Workspace
    from drill.grader.verdict import Verdict

# Reports (check name, examples done, examples planned) while a grading runs.
Progress = Callable[[str, int, int], None]


class Grader(Protocol):
    """The part of drill.grader.service.Service that the command uses."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def grade(self, job: Any, progress: Progress | None = None) -> "Verdict":
        """Grade one job."""
        ...

    def keeping(self) -> AbstractContextManager[None]:
        """Inside, gradings of one drill share what does not depend on a submission."""
        ...

    def cancel(self) -> None:
        """End the grading that runs in another thread: it raises."""
        ...

    def sandbox(self) -> list[tuple[str, str]]:
        """The sandbox's layers: (layer, state)."""
        ...


class JobFor(Protocol):
    """drill.grader.service.job_for."""

    def __call__(self, drill: Drill, path: Path, seed: int = 0, speed: bool = False) -> Any:
        """Read a submission and what it imports from its folder."""
        ...


def start_service() -> Grader:
    """A grading service, whose zygote starts at once in the background."""
    from drill.grader.service import Service

    return Service()


def read_job(drill: Drill, path: Path, seed: int = 0, speed: bool = False) -> Any:
    """A submission's file as a job; UsageError if it can't be read."""
    from drill.grader.service import job_for

    return job_for(drill, path, seed, speed)


def gpu_here() -> bool:
    """Whether there is an NVIDIA GPU, by its device file: torch need not be imported."""
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()


def installed(module: str) -> bool:
    """Whether a top-level module could be imported."""
    from importlib.util import find_spec

    with suppress(ImportError, ValueError):
        return find_spec(module) is not None
    return False


# rich puts inline code on black, which is hard to read in a light terminal.
STYLES = {"markdown.code": "cyan", "markdown.code_block": "none"}


@dataclass
class Tools:
    """Everything from outside that a command depends on."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    service: Callable[[], Grader] = start_service
    job_for: JobFor = read_job
    gpu: Callable[[], bool] = gpu_here
    installed: Callable[[str], bool] = installed

    @cached_property
    def catalog(self) -> Catalog:
        """The drills."""
        return Catalog.load(self.root)

    @property
    def state(self) -> Path:
        """The folder of the learner's record: `$DRILL_HOME`, else the platform's."""
        if home := self.environ.get("DRILL_HOME"):
            return Path(home).expanduser()
        from platformdirs import user_data_path

        return user_data_path("drill", appauthor=False)

    @cached_property
    def store(self) -> "Store":
        """The learner's record; where it can't be written one warning says so, and work goes on."""
        from drill.cli.store import Store

        return Store.open(self.state, self.now, self.warn)

    @property
    def statuses(self) -> Mapping[str, str]:
        """Each drill's status, by id; drills that were never tried are missing."""
        return self.store.statuses() if (self.state / "drill.sqlite3").exists() else {}

    @property
    def standings(self) -> Mapping[str, "Standing"]:
        """When each drill that was worked on is due for review, by id."""
        if not (self.state / "drill.sqlite3").exists():
            return {}
        from drill.cli.schedule import standings

        minutes = {drill.id: drill.minutes for drill in self.catalog.drills}
        return standings(self.store.moments(), minutes)

    @property
    def due(self) -> set[str]:
        """The drills whose review is due today and has not begun."""
        from drill.cli.schedule import local_day

        today = local_day(self.now())
        found = self.standings.items()
        return {id for id, one in found if one.due_on(today) and not one.reviewing}

    @cached_property
    def workspace(self) -> "Workspace":
        """The learner's folder."""
        from drill.cli.workspace import Workspace, locate

        attended = any(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
        return Workspace(locate(self.environ, self.state, attended), self.now)

    @property
    def editor(self) -> str:
        """The command that opens the learner's editor; empty if none is set."""
        names = ("DRILL_EDITOR", "VISUAL", "EDITOR")
        return next((self.environ[name] for name in names if self.environ.get(name)), "")

    @property
    def interactive(self) -> bool:
        """Whether somebody reads and types: both ends are a terminal."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    @cached_property
    def out(self) -> "Console":
        """Standard output; nothing in a text is taken for markup."""
        return self._console(stderr=False)

    @cached_property
    def err(self) -> "Console":
        """Standard error: everything that isn't the result."""
        return self._console(stderr=True)

    def _console(self, stderr: bool) -> "Console":
        from rich.console import Console
        from rich.theme import Theme

        theme = Theme(STYLES)
        return Console(stderr=stderr, highlight=False, markup=False, emoji=False, theme=theme)

    def say(self, screen: "RenderableType") -> None:
        """Print a screen; code in it may be wider than the terminal, which wraps it."""
        self.out.print(screen, crop=False)

    def warn(self, sentence: str) -> None:
        """Say one line on standard error."""
        print(f"drill: {sentence}", file=sys.stderr)

    def print_json(self, document: object) -> None:
        """The one document that `--json` promises."""
        import json

        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
