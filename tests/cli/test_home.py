"""`drill` alone: where the learner stands, and what is next."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli import browse
from drill.cli.progress import Streak, streak
from drill.cli.tools import Tools

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def practise(shell: Shell, tools: Tools) -> Callable[..., None]:
    """Grades a text as the learner's file of a drill, so many days after the first."""

    def one(id: str, text: str = RIGHT, day: int = 0) -> None:
        tools.now.time = datetime(2026, 5, 4, 12, 30, tzinfo=UTC) + timedelta(days=day)  # type: ignore[attr-defined]
        path = tools.workspace.path(tools.catalog.find(id))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        shell("check", id)

    return one


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets this machine's time zone."""

    def choose(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield choose
    monkeypatch.undo()
    time.tzset()


def test_at_first(shell: Shell, tools: Tools, snapshot: SnapshotAssertion) -> None:
    assert shell() == (0, snapshot, "")
    assert not tools.state.exists()


def test_on_the_way(
    shell: Shell, practise: Callable[..., None], snapshot: SnapshotAssertion
) -> None:
    practise("softmax")
    practise("einsum", WRONG, day=1)
    assert shell() == (0, snapshot, "")


def test_at_the_end_of_what_runs_here(shell: Shell, practise: Callable[..., None]) -> None:
    for id in ("softmax", "einsum", "speculative"):
        practise(id)
    assert "The drills that are left can't be graded here: `drill doctor`" in shell()[1]


def test_at_the_end(
    shell: Shell, tools: Tools, practise: Callable[..., None], snapshot: SnapshotAssertion
) -> None:
    tools.gpu, tools.installed = (lambda: True), (lambda module: True)
    for id in ("softmax", "einsum", "speculative", "flash", "curves"):
        practise(id)
    assert shell() == (0, snapshot, "")


def test_on_a_narrow_terminal(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    browse.home(tools)
    out = capsys.readouterr().out
    assert "  drill start softmax\n    open it; every save is graded\n" in out
    assert max(map(len, out.splitlines())) <= 42 and "\x1b" not in out


def test_colour_at_a_terminal(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    browse.home(tools)
    assert "Next: \x1b[1mSoftmax\x1b[0m (tensors" in capsys.readouterr().out


NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days_ago", "expected", "words"),
    [
        ([], Streak(0, False), "none now; an attempt today starts a new one."),
        ([0], Streak(1, True), "1 day, today included."),
        ([0, 0, 1, 2, 4], Streak(3, True), "3 days, today included."),
        ([1, 2], Streak(2, False), "2 days; an attempt today makes it 3."),
        ([2, 3], Streak(0, False), "none now; an attempt today starts a new one."),
        ([-1], Streak(0, False), "none now; an attempt today starts a new one."),
    ],
)
def test_a_streak_is_days_in_a_row(days_ago: list[int], expected: Streak, words: str) -> None:
    found = streak([NOON - timedelta(days=days) for days in days_ago], NOON)
    assert found == expected
    assert found.sentence() == f"Streak: {words}"


def test_a_day_is_one_of_the_learners_calendar(zone: Callable[[str], None]) -> None:
    late, early = datetime(2026, 5, 4, 22, 30, tzinfo=UTC), datetime(2026, 5, 5, 0, 30, tzinfo=UTC)
    zone("UTC")
    assert streak([late, early], early) == Streak(2, True)
    zone("Asia/Tokyo")
    assert streak([late, early], early) == Streak(1, True)
    zone("America/New_York")
    assert streak([late, early], early) == Streak(1, True)


def test_days_follow_each_other_over_a_change_of_the_clock(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    # Half past eleven in the evening, four days in a row; the third is the first of summer time.
    evenings = [(27, 22), (28, 22), (29, 21), (30, 21)]
    times = [datetime(2026, 3, day, hour, 30, tzinfo=UTC) for day, hour in evenings]
    assert streak(times, times[-1]) == Streak(4, True)


def test_an_attempt_outside_the_workspace_is_no_streak(
    shell: Shell, tools: Tools, tmp_path: Any
) -> None:
    (tmp_path / "mine.py").write_text(RIGHT)
    shell("check", "softmax", str(tmp_path / "mine.py"))
    assert "Streak" not in shell()[1]
