"""The learner's record: what it keeps, and what happens when it can't."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drill.cli import store as module
from drill.cli.store import FILE, Store
from drill.grader.errors import UsageError
from drill.grader.verdict import CheckResult, Verdict

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def open_store(folder: Path, warnings: list[str] | None = None) -> Store:
    told = [] if warnings is None else warnings
    return Store.open(folder, lambda: NOON, told.append)


def verdict(status: str = "failed", drill: str = "softmax") -> Verdict:
    check = CheckResult("matches", "It is right.", "failed", 3, code="x = 1")
    return Verdict(drill, status, seed=7, seconds=0.5, checks=[check], file="/a/softmax.py")  # type: ignore[arg-type]


def test_attempts_are_kept_with_their_source(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.record_attempt(verdict(), "x = 'ä'\n", in_workspace=True)
    store.close()
    (attempt,) = open_store(tmp_path).attempts("softmax")
    assert (attempt.at, attempt.status, attempt.source) == (NOON, "failed", "x = 'ä'\n")
    assert (attempt.file, attempt.in_workspace) == ("/a/softmax.py", True)
    assert attempt.verdict == verdict()


def test_statuses_come_from_the_workspace_only(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.statuses() == {}
    store.record_attempt(verdict("passed"), "", in_workspace=False)
    assert store.statuses() == {}
    store.record_attempt(verdict("failed"), "", in_workspace=True)
    assert store.statuses() == {"softmax": "tried"}
    store.record_give_up("softmax")
    assert store.statuses() == {"softmax": "gave up"}
    store.record_attempt(verdict("passed"), "", in_workspace=True)
    store.record_attempt(verdict("failed"), "", in_workspace=True)
    assert store.statuses() == {"softmax": "passed"}


def test_hints_are_counted_by_drill(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.record_hint("softmax", 1)
    store.record_hint("softmax", 2)
    assert (store.hints_shown("softmax"), store.hints_shown("einsum")) == (2, 0)


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="written by a newer drill: its format is 99") as caught:
        open_store(tmp_path)
    assert caught.value.code == "state-newer"
    assert "pip install -U" in caught.value.remedy


def test_a_broken_file_is_one_sentence_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("this is no database" * 100)
    with pytest.raises(UsageError, match="can't be read") as caught:
        open_store(tmp_path)
    assert caught.value.code == "state-broken"
    assert f"mv {tmp_path / FILE}" in caught.value.remedy
    assert (tmp_path / FILE).read_text().startswith("this is no database")


def test_a_file_without_its_tables_is_one_sentence(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DROP TABLE hints")
    with pytest.raises(UsageError, match="no such table"):
        store.hints_shown("softmax")


def test_where_no_file_can_be_made_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    store = open_store(tmp_path / "file" / "state", warnings)
    assert len(warnings) == 1 and "progress isn't saved" in warnings[0]
    store.record_hint("softmax", 1)
    assert store.hints_shown("softmax") == 1


def test_a_file_that_can_only_be_read_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    store.record_attempt(verdict("passed"), "", in_workspace=True)
    store.close()

    def refuse(path: str) -> sqlite3.Connection:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(module, "_connect", refuse)
    warnings: list[str] = []
    assert open_store(tmp_path, warnings).statuses() == {"softmax": "passed"}
    assert "readonly" in warnings[0]


def test_a_full_disk_costs_a_warning(tmp_path: Path) -> None:
    warnings: list[str] = []
    store = open_store(tmp_path, warnings)
    store._db.execute("PRAGMA max_page_count = 1")
    store.record_attempt(verdict(), "x" * 100_000, in_workspace=True)
    assert len(warnings) == 1 and "this isn't saved" in warnings[0] and "full" in warnings[0]
    assert store.statuses() == {}


def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MIGRATIONS", (("CREATE TABLE a (x)", "no sql"),))
    with pytest.raises(sqlite3.OperationalError), sqlite3.connect(tmp_path / FILE) as db:
        db.isolation_level = None
        module._migrate(db, tmp_path / FILE)
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_commands_at_the_same_time_all_write(tmp_path: Path) -> None:
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from drill.cli.store import Store\n"
        "store = Store.open(Path(sys.argv[1]), lambda: datetime.now(UTC), sys.exit)\n"
        "for _ in range(20): store.record_hint('softmax', 1)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "state")]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    with sqlite3.connect(tmp_path / "state" / FILE) as db:
        assert db.execute("SELECT count(*) FROM hints").fetchone() == (80,)
