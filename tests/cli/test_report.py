"""`drill report` and `drill reset`."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli.app import run
from drill.cli.listing import table
from drill.cli.tools import Tools
from drill.cli.workspace import Workspace
from drill.grader.errors import UsageError

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days are those of UTC, wherever the tests run."""
    monkeypatch.setattr("drill.cli.progress.local_day", lambda at: at.astimezone(UTC).date())
    monkeypatch.setattr("drill.cli.report.local_day", lambda at: at.astimezone(UTC).date())


@pytest.fixture
def on_day(tools: Tools) -> Callable[[int], None]:
    """Moves the clock so many days after the first."""

    def move(day: int) -> None:
        tools.now.time = datetime(2026, 5, 4, 12, 30, tzinfo=UTC) + timedelta(days=day)  # type: ignore[attr-defined]

    return move


def file_of(tools: Tools, id: str) -> Path:
    path = tools.workspace.path(tools.catalog.find(id))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def learner(
    shell: Shell, tools: Tools, on_day: Callable[[int], None], new_drill: Callable[..., Path]
) -> None:
    """Somebody who passed, failed, gave up, took hints, and once checked a file elsewhere."""
    new_drill("modules", "scaled_dot_product_attention", order=9)
    steps = [
        (0, "softmax", [WRONG, WRONG, RIGHT, WRONG]),
        (2, "einsum", [WRONG]),
        (3, "scaled_dot_product_attention", [RIGHT]),
    ]
    for day, id, texts in steps:
        on_day(day)
        for text in texts:
            file_of(tools, id).write_text(text)
            shell("check", id)
    shell("hint", "einsum")
    shell("hint", "einsum")
    shell("solution", "speculative", "--give-up")
    (tools.state.parent / "mine.py").write_text(WRONG)
    shell("check", "curves", str(tools.state.parent / "mine.py"))
    on_day(4)
    shell("hint", "flash")


def test_a_report_fits_eighty_columns(
    learner: None, shell: Shell, snapshot: SnapshotAssertion
) -> None:
    status, out, err = shell("report")
    assert (status, out, err) == (0, snapshot, "")
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("width", [40, 60, 120])
def test_a_report_fits_the_terminal(
    learner: None,
    tools: Tools,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    snapshot: SnapshotAssertion,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    run(["report"], tools)
    out = capsys.readouterr().out
    drills = out[out.index("drill  ") :].rpartition("\n\n")[0]
    assert max(map(len, drills.splitlines())) <= width
    assert drills == snapshot


def test_a_status_has_its_colour(
    learner: None,
    tools: Tools,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    run(["report"], tools)
    out = capsys.readouterr().out
    assert "\x1b[32mpassed \x1b[0m" in out and "\x1b[35mgave up\x1b[0m" in out


def test_a_report_as_json(learner: None, shell: Shell) -> None:
    status, out, err = shell("report", "--json")
    report = json.loads(out)
    assert (status, err, report["format"]) == (0, "", 1)
    assert report["totals"] == {
        "drills": 6,
        "passed": 2,
        "tried": 1,
        "gave_up": 1,
        "minutes": 48,
        "attempts": 6,
        "hints": 3,
        "days": 3,
        "streak": {"days": 2, "today": False},
        "due": 2,
        "questions_due": 0,
    }
    tensors = {"drills": 2, "passed": 1, "tried": 1, "gave_up": 0, "minutes": 16}
    assert {"topic": "tensors", **tensors} in report["topics"]
    drills = {row["id"]: row for row in report["drills"]}
    assert list(drills)[:2] == ["flash", "einsum"]
    assert "curves" not in drills
    assert drills["softmax"] == {
        "id": "softmax",
        "title": "Softmax",
        "topic": "tensors",
        "level": "easy",
        "status": "passed",
        "attempts": 4,
        "attempts_to_pass": 3,
        "hints": 0,
        "gave_up": False,
        "last_practised": "2026-05-04T12:30:00.000+00:00",
        "often_fails": "matches",
        "due": "2026-05-06T12:30:00.000+00:00",
    }
    assert drills["flash"]["status"] == "new"
    assert (drills["einsum"]["hints"], drills["einsum"]["attempts_to_pass"]) == (2, None)
    assert drills["speculative"]["gave_up"]


def test_a_pass_after_giving_up_says_both(shell: Shell, tools: Tools) -> None:
    shell("solution", "softmax", "--give-up")
    file_of(tools, "softmax").write_text(RIGHT)
    shell("check", "softmax")
    (row,) = json.loads(shell("report", "--json")[1])["drills"]
    assert (row["status"], row["gave_up"]) == ("passed", True)
    assert "softmax  passed         1        1  today  solution" in shell("report")[1]


def test_without_a_history_it_says_what_to_do(shell: Shell, tools: Tools) -> None:
    said = "No attempt of yours is recorded yet.\nBegin: drill start softmax\n"
    assert shell("report") == (0, said, "")
    report = json.loads(shell("report", "--json")[1])
    assert (report["totals"]["attempts"], report["drills"]) == (0, [])
    assert len(report["topics"]) == 4
    assert not tools.state.exists()


def test_columns_go_where_there_is_no_room_for_them() -> None:
    head, rows = ("drill", "attempts", "last"), [("softmax", "12", "today"), ("x", "-", "-")]
    assert list(table(head, rows, 80, colour=False)) == [
        "drill    attempts  last",
        "softmax        12  today",
        "x               -  -",
    ]
    assert list(table(head, rows, 17, colour=False))[1] == "softmax        12"
    assert list(table(head, rows, 3, colour=False))[1] == "softmax"


def test_a_reset_says_where_the_copy_is(shell: Shell, tools: Tools) -> None:
    path = file_of(tools, "softmax")
    assert shell("reset", "softmax") == (0, f"The start file is written: {path}\n", "")
    assert shell("reset", "softmax") == (0, f"The start file was untouched: {path}\n", "")
    path.write_text(WRONG)
    status, out, _ = shell("reset", "softmax")
    first, second = out.splitlines()
    assert (status, first) == (0, f"The start file is back: {path}")
    kept = Path(second.removeprefix("Your file is kept: "))
    assert kept.read_text() == WRONG and kept.is_relative_to(tools.workspace.root)
    assert tools.workspace.untouched(tools.catalog.find("softmax"))


def test_a_reset_as_json(shell: Shell, tools: Tools) -> None:
    path = file_of(tools, "softmax")
    expected: dict[str, Any] = {"format": 1, "drill": "softmax", "file": str(path), "kept": None}
    assert json.loads(shell("reset", "softmax", "--json")[1]) == expected
    path.write_text(WRONG)
    document = json.loads(shell("reset", "softmax", "--json")[1])
    assert Path(document["kept"]).read_text() == WRONG
    assert shell("reset", "softmx")[0] == 2


def test_a_reset_where_nothing_can_be_written(shell: Shell, tools: Tools) -> None:
    path = file_of(tools, "softmax")
    path.write_text(WRONG)
    (tools.workspace.root / ".kept").write_text("a file where the folder should be")
    status, out, err = shell("reset", "softmax")
    assert (status, out) == (2, "")
    assert "can't be written" in err and err.endswith(f"Your file is kept: {path}\n")
    assert path.read_text() == WRONG


def test_a_reset_that_ends_halfway_says_where_the_file_is(
    shell: Shell, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Workspace, drill: Any) -> bool:
        raise UsageError("The disk is full.", code="workspace", remedy="Free some space.")

    file_of(tools, "softmax").write_text(WRONG)
    monkeypatch.setattr(Workspace, "write", full)
    status, _, err = shell("reset", "softmax")
    kept = tools.workspace.root / ".kept"
    said = f"drill: The disk is full.\nFree some space. Your file is kept: {kept}\n"
    assert (status, err) == (2, said)
    assert [path.read_text() for path in kept.iterdir()] == [WRONG]


def test_a_reset_leaves_the_progress(learner: None, shell: Shell, tools: Tools) -> None:
    before = shell("export")[1]
    shell("reset", "einsum")
    assert shell("export")[1] == before
