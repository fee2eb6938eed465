"""What the command's tests share: a small content root, a grader that is no grader, a shell."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from drill.cli.app import run
from drill.cli.tools import Tools
from drill.grader.verdict import CheckResult, Verdict, WorkRow

DRILL_YAML = """\
title: {title}
level: {level}
minutes: {minutes}
order: {order}
questions: [q-1]
gpu: {gpu}
{more}hints:
- A nudge.
- The idea.
- Nearly `the answer`.
followups:
- ask: What about all -inf?
  answer: It is *undefined*.
must:
- says: It is right.
  checks: [matches]
"""

SOLUTION = "def answer(x):\n    return x + 1\n"
STUB = "def answer(x):\n    raise NotImplementedError\n"
MISTAKES = """\
- name: forgets
  says: One is not added.
  caught_by: [matches]
  replace: x + 1
  with: x
"""


def write_drill(
    root: Path,
    topic: str,
    id: str,
    *,
    level: str = "easy",
    order: int = 1,
    gpu: str = "none",
    more: str = "",
) -> Path:
    """One drill with everything that the command reads; returns its folder."""
    folder, answers = root / "drills" / topic / id, root / "reference" / topic / id
    folder.mkdir(parents=True)
    (answers / "right").mkdir(parents=True)
    facts = {"title": id.capitalize(), "level": level, "minutes": 8, "order": order, "gpu": gpu}
    (folder / "drill.yaml").write_text(DRILL_YAML.format(**facts, more=more))
    (folder / "statement.md").write_text(f"# {id}\n\nWrite `answer(x)`: one more than `x`.\n")
    (folder / "stub.py").write_text(STUB)
    (folder / "checks.py").write_text("# nothing is run here\n")
    (answers / "solution.py").write_text(SOLUTION)
    (answers / "mistakes.yaml").write_text(MISTAKES)
    return folder


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A root with five drills; one needs matplotlib, one a GPU."""
    root = tmp_path / "content"
    write_drill(root, "tensors", "softmax")
    write_drill(root, "tensors", "einsum", level="medium", order=2)
    write_drill(root, "training", "curves", more="extra: plot\n", order=3)
    write_drill(root, "kernels", "flash", gpu="required", level="hard", order=4)
    write_drill(root, "decoding", "speculative", level="hard", order=5)
    (root / "kernels").mkdir()
    (root / "kernels" / "flash.py").write_text("def answer(x):\n    return 1 + x  # fast\n")
    (root / "drills" / "cards" / "one").mkdir(parents=True)
    (root / "drills" / "cards" / "one" / "drill.yaml").write_text("no drill: true")
    return root


@pytest.fixture
def new_drill(content: Path) -> Callable[..., Path]:
    """Adds a drill to the content root."""
    return partial(write_drill, content)


def judged(job: Any) -> Verdict:
    """A verdict by the submission's text: right, or wrong."""
    checks = [
        CheckResult("loads", "Your file can be imported.", "passed", 1),
        CheckResult("matches", "One is added.", "passed", 20),
        CheckResult("large", "Large numbers work, too.", "not run"),
    ]
    row = WorkRow("ops", 1, 2, 1, True)
    verdict = Verdict(job.drill.id, "passed", seed=job.seed, seconds=0.25, file=job.file)
    verdict.checks, verdict.work = checks, [row]
    if "x + 1" in job.source or "1 + x" in job.source:
        checks[2].status = "passed"
        return verdict
    checks[1].status, verdict.status = "failed", "failed"
    checks[1].complaint = "Not written yet." if "NotImpl" in job.source else "result is 1, not 2."
    checks[1].code = "x = 1\nprint(answer(x))"
    checks[1].got, checks[1].wanted = "1", "2"
    checks[1].diagnosis = "One is not added."
    verdict.output = "hello\x1b[31m\x07\n"
    return verdict


@dataclass
class FakeService:
    """A grader that judges by `judge`, and remembers what it was asked."""

    judge: Callable[[Any], Verdict] = judged
    jobs: list[Any] = field(default_factory=list)
    cancelled: int = 0
    open: int = 0

    def __enter__(self) -> "FakeService":
        self.open += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.open -= 1

    def grade(self, job: Any, progress: Callable[[str, int, int], None] | None = None) -> Verdict:
        self.jobs.append(job)
        if progress:
            progress("matches", 1, 20)
        return self.judge(job)

    def keeping(self) -> AbstractContextManager[None]:
        return nullcontext()

    def cancel(self) -> None:
        self.cancelled += 1

    def sandbox(self) -> list[tuple[str, str]]:
        return [("landlock", "active")]


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    time: datetime = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def tools(
    tmp_path: Path, content: Path, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tools]:
    """A learner with nothing but torch, on a machine without a GPU."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    environ = {
        "DRILL_HOME": str(tmp_path / "state"),
        "DRILL_WORKSPACE": str(tmp_path / "work"),
    }
    yield Tools(
        environ=environ,
        root=content,
        now=Clock(),
        service=lambda: service,
        gpu=lambda: False,
        installed=lambda module: False,
    )


@dataclass
class Shell:
    """Runs commands one after the other; each starts with nothing but what is on the disk."""

    tools: Tools
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """The exit status, stdout and stderr."""
        fresh = Tools(**{one.name: getattr(self.tools, one.name) for one in fields(Tools)})
        status = run(arguments, fresh)
        out, err = self.capsys.readouterr()
        return status, out, err


@pytest.fixture
def shell(tools: Tools, capsys: pytest.CaptureFixture[str]) -> Shell:
    """`shell("check", "softmax")` gives (status, stdout, stderr)."""
    return Shell(tools, capsys)


class Glass(io.TextIOBase):
    """A terminal's screen: shows what the sequences that are written to it would show."""

    SEQUENCE = re.compile(r"\x1b\]8;.*?\x1b\\|\x1b\[([?\d;]*)([A-Za-z])|(.)", re.DOTALL)

    def __init__(self, width: int, height: int) -> None:
        self.resize(width, height)
        self.scrolled = 0
        self.modes: dict[str, bool] = {}
        self.writes: list[str] = []

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows = [[" "] * width for _ in range(height)]
        self.at = [0, 0]

    def write(self, text: str) -> int:
        self.writes.append(text)
        for match in self.SEQUENCE.finditer(text):
            numbers, order, char = match.groups()
            if char:
                self._put(char)
            elif order:
                self._obey(order, numbers)
        return len(text)

    def _obey(self, order: str, numbers: str) -> None:
        if order == "H":
            row, column = map(int, (numbers or "1;1").split(";"))
            self.at = [row - 1, column - 1]
        elif order == "K":
            row, column = self.at
            self.rows[row][column:] = [" "] * (self.width - column)
        elif order == "J":
            self.resize(self.width, self.height)
        elif order in "hl":
            self.modes[numbers] = order == "h"
        else:
            assert order == "m", (order, numbers)

    def _put(self, char: str) -> None:
        if char == "\n":
            self.at = [self.at[0] + 1, 0]
        elif self.at[1] + cell_len(char) > self.width:
            self.at = [self.at[0] + 1, 0]
        if self.at[0] >= self.height:
            self.scrolled += 1
            self.rows, self.at[0] = [*self.rows[1:], [" "] * self.width], self.height - 1
        if char != "\n":
            row, column = self.at
            self.rows[row][column : column + cell_len(char)] = [char, ""][: cell_len(char)]
            self.at[1] += cell_len(char)

    @property
    def text(self) -> str:
        """What can be read on it."""
        return "\n".join("".join(row).rstrip() for row in self.rows)


@dataclass
class Screen:
    """A console and the glass that it writes to."""

    width: int = 80
    height: int = 24
    colour: str | None = None

    def __post_init__(self) -> None:
        self.glass = Glass(self.width, self.height)
        self.console = Console(
            file=self.glass,  # type: ignore[arg-type]
            force_terminal=True,
            color_system=self.colour,  # type: ignore[arg-type]
            width=self.width,
            height=self.height,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )

    def resize(self, width: int, height: int) -> None:
        """What happens when a window is dragged; what stood there is garbled."""
        self.glass.resize(width, height)
        self.console.size = (width, height)  # type: ignore[assignment]


@pytest.fixture
def make_screen() -> type[Screen]:
    """Makes a screen of a given size."""
    return Screen
