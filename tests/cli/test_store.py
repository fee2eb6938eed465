"""The learner's record: what it keeps, and what happens when it can't."""

import errno
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drill.cli import database, store
from drill.cli.database import MIGRATIONS, connect
from drill.cli.history import Attempt, History
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


def test_a_file_without_its_tables_is_one_sentence(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.hints_shown("softmax") == 0
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DROP TABLE hints")
    with pytest.raises(UsageError, match="no such table"):
        store.hints_shown("softmax")


def test_a_newer_file_is_left_alone_and_every_question_says_so(tmp_path: Path) -> None:
    assert open_store(tmp_path).statuses() == {}
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    warnings: list[str] = []
    store = open_store(tmp_path, warnings)
    with pytest.raises(UsageError, match="written by a newer drill: its format is 99") as caught:
        store.statuses()
    assert caught.value.code == "state-newer"
    assert "pip install -U" in caught.value.remedy
    store.record_attempt(verdict(), "", in_workspace=True)
    assert len(warnings) == 1 and "progress isn't saved" in warnings[0] and "-U" in warnings[0]
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT count(*) FROM attempts").fetchone() == (0,)


def test_a_broken_file_is_one_sentence_and_its_remedy_works(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / FILE).write_text("this is no database" * 100)
    warnings: list[str] = []
    store = open_store(folder, warnings)
    with pytest.raises(UsageError, match="can't be read") as caught:
        store.statuses()
    assert caught.value.code == "state-broken"
    store.record_hint("softmax", 1)
    assert len(warnings) == 1 and "progress isn't saved" in warnings[0]
    assert (folder / FILE).read_text().startswith("this is no database")
    command = caught.value.remedy.rpartition(": ")[2]
    subprocess.run(["sh", "-c", command], check=True)
    assert (folder / "broken" / FILE).read_text().startswith("this is no database")
    assert store.hints_shown("softmax") == 1
    assert open_store(folder).hints_shown("softmax") == 1


def test_a_verdict_that_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.record_attempt(verdict(), "", in_workspace=True)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("UPDATE attempts SET verdict = '{'")
    with pytest.raises(UsageError, match="can't be read"):
        store.attempts("softmax")


def test_where_no_file_can_be_made_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    store = open_store(tmp_path / "file" / "state", warnings)
    assert store.statuses() == {}
    assert len(warnings) == 1 and "progress isn't saved" in warnings[0]
    assert "set DRILL_HOME to another folder" in warnings[0]
    store.record_hint("softmax", 1)
    assert store.hints_shown("softmax") == 1
    assert len(warnings) == 1


def test_what_could_not_be_saved_is_saved_later(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    warnings: list[str] = []
    store = open_store(tmp_path / "state", warnings)
    store.record_attempt(verdict("passed"), "first", in_workspace=True)
    assert store.statuses() == {"softmax": "passed"}
    (tmp_path / "state").unlink()
    store.record_attempt(verdict("failed"), "second", in_workspace=True)
    assert "progress is saved again" in warnings[-1]
    kept = open_store(tmp_path / "state").attempts("softmax")
    assert [attempt.source for attempt in kept] == ["first", "second"]


def test_a_file_that_can_only_be_read_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_store(tmp_path)
    first.record_attempt(verdict("passed"), "", in_workspace=True)
    first.close()

    def refuse(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(store, "open_file", refuse)
    warnings: list[str] = []
    readable = open_store(tmp_path, warnings)
    assert readable.statuses() == {"softmax": "passed"}
    assert "readonly" in warnings[0]
    with pytest.raises(UsageError, match=r"Nothing was imported: .* can't be written"):
        open_store(tmp_path, warnings).merge(History())
    assert len(warnings) == 1


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the files of records grow to so many pages (of 4 KB)."""

    def limit(pages: int) -> None:
        def limited(path: str) -> sqlite3.Connection:
            db = connect(path)
            if path != ":memory:":
                db.execute(f"PRAGMA max_page_count = {pages}")
            return db

        monkeypatch.setattr(database, "connect", limited)

    return limit


def test_a_full_disk_costs_a_warning_and_no_attempt(
    tmp_path: Path, small_disk: Callable[[int], None]
) -> None:
    small_disk(30)
    warnings: list[str] = []
    store = open_store(tmp_path, warnings)
    store.record_attempt(verdict("failed"), "x" * 200_000, in_workspace=True)
    assert len(warnings) == 1 and "progress isn't saved" in warnings[0]
    assert "full" in warnings[0] and "Free some space" in warnings[0]
    assert store.statuses() == {"softmax": "tried"}
    store.record_attempt(verdict("passed"), "x", in_workspace=True)
    assert store.statuses() == {"softmax": "passed"}
    assert len(warnings) == 1
    small_disk(1000)
    store.record_hint("softmax", 1)
    assert len(warnings) == 2 and "saved again" in warnings[1]
    assert [one.status for one in open_store(tmp_path).attempts("softmax")] == ["failed", "passed"]


def test_a_merge_that_meets_a_full_disk_changes_nothing(
    tmp_path: Path, small_disk: Callable[[int], None]
) -> None:
    small_disk(30)
    store = open_store(tmp_path)
    store.record_hint("softmax", 1)
    rows = (
        Attempt("a", "softmax", NOON, True, "small", verdict()),
        Attempt("b", "softmax", NOON, True, "x" * 200_000, verdict()),
    )
    with pytest.raises(UsageError, match=r"Nothing was imported: .* full") as caught:
        store.merge(History(attempts=rows))
    assert "Free some space" in caught.value.remedy
    assert store.attempts("softmax") == []
    assert store.hints_shown("softmax") == 1
    assert store.merge(History(attempts=rows[:1])).attempts == rows[:1]


def test_a_file_that_another_command_holds_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(path: str) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=0.01, isolation_level=None, check_same_thread=False)

    monkeypatch.setattr(database, "connect", impatient)
    warnings: list[str] = []
    store = open_store(tmp_path, warnings)
    assert store.statuses() == {}
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.record_hint("softmax", 1)
    assert len(warnings) == 1 and "Another command holds it" in warnings[0]
    assert store.hints_shown("softmax") == 1
    other.execute("ROLLBACK")
    store.record_hint("softmax", 2)
    assert open_store(tmp_path).hints_shown("softmax") == 2


def test_a_folder_on_a_full_disk_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> sqlite3.Connection:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(store, "open_file", full)
    warnings: list[str] = []
    assert open_store(tmp_path / "none", warnings).statuses() == {}
    assert warnings == [
        f"progress isn't saved: {tmp_path}/none/{FILE} can't be written (No space left on device)."
        " Free some space, or set DRILL_HOME to another folder."
    ]


def test_a_path_need_not_be_utf_8(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    odd = Verdict("softmax", "passed", file="/a/\udcff.py")
    store.record_attempt(odd, "", in_workspace=True)
    assert store.attempts("softmax")[0].verdict == odd


def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MIGRATIONS", (("CREATE TABLE a (x)", "no sql"),))
    with pytest.raises(sqlite3.OperationalError):
        database.open_file(tmp_path / FILE)
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_copies_of_a_first_file_agree_on_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        for drill in ("softmax", "softmax", "einsum"):
            row = (drill, 1, "2026-05-04T12:00:00.000+00:00")
            db.execute("INSERT INTO hints (drill, level, at) VALUES (?, ?, ?)", row)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shutil.copy(tmp_path / FILE, tmp_path / name)
    one, two = open_store(tmp_path / "one"), open_store(tmp_path / "two")
    assert one.history() == two.history()
    one.record_hint("softmax", 2)
    two.record_hint("softmax", 2)
    assert one.merge(two.history()).counts()["hints"] == 1
    assert [hint.level for hint in one.history().hints] == [1, 1, 1, 2, 2]


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


def test_a_broken_record_costs_no_verdict(shell: Callable[..., tuple[int, str, str]]) -> None:
    state = Path(shell.tools.state)  # type: ignore[attr-defined]
    state.mkdir()
    (state / FILE).write_text("this is no database" * 100)
    (state / "right.py").write_text("def answer(x):\n    return x + 1\n")
    status, out, err = shell("check", "softmax", str(state / "right.py"))
    assert (status, err.count("\n")) == (0, 1)
    assert "softmax: passed" in out and "progress isn't saved: The record" in err
    assert shell("list")[0] == shell("report")[0] == shell("export")[0] == 2
