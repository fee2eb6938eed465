"""The learner's record: a SQLite file in the state folder, with versioned migrations."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from drill.grader.errors import UsageError
from drill.grader.verdict import Verdict

FILE = "drill.sqlite3"

# One entry a version: the statements that lead to it. Written entries are never changed.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE attempts (
            id INTEGER PRIMARY KEY,
            drill TEXT NOT NULL,
            at TEXT NOT NULL,
            status TEXT NOT NULL,
            seed INTEGER NOT NULL,
            seconds REAL NOT NULL,
            source TEXT NOT NULL,
            file TEXT NOT NULL,
            in_workspace INTEGER NOT NULL,
            verdict TEXT NOT NULL
        )""",
        "CREATE INDEX attempts_by_drill ON attempts (drill, in_workspace, status)",
        """CREATE TABLE hints (
            id INTEGER PRIMARY KEY,
            drill TEXT NOT NULL,
            level INTEGER NOT NULL,
            at TEXT NOT NULL
        )""",
        "CREATE TABLE give_ups (id INTEGER PRIMARY KEY, drill TEXT NOT NULL, at TEXT NOT NULL)",
    ),
)


@dataclass(frozen=True)
class Attempt:
    """One graded run, as it was recorded; `at` is in UTC."""

    drill: str
    at: datetime
    status: str
    source: str
    file: str
    in_workspace: bool
    verdict: Verdict


class Store:
    """The record. What can't be written costs a warning, never the grading it belongs to."""

    def __init__(
        self,
        path: Path,
        db: sqlite3.Connection,
        now: Callable[[], datetime],
        warn: Callable[[str], None],
    ) -> None:
        self.path = path
        self._db = db
        self._now = now
        self._warn = warn

    @classmethod
    def open(
        cls, folder: Path, now: Callable[[], datetime], warn: Callable[[str], None]
    ) -> "Store":
        """The record in `folder`, made or migrated as needed.

        Raises UsageError where the file is broken or was written by a newer drill.
        """
        path = folder / FILE
        with _readable(path):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                db = _connect(str(path))
                _migrate(db, path)
            except (OSError, sqlite3.OperationalError) as fault:
                warn(f"progress isn't saved: {path} can't be written ({fault}).")
                db = _copy_in_memory(path)
                _migrate(db, path)
        return cls(path, db, now, warn)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def record_attempt(self, verdict: Verdict, source: str, in_workspace: bool) -> None:
        """Keep a graded run with the text that was graded."""
        document = json.dumps(verdict.to_json())
        row = (verdict.drill, self._stamp(), verdict.status, verdict.seed, verdict.seconds)
        self._write(
            "INSERT INTO attempts"
            " (drill, at, status, seed, seconds, source, file, in_workspace, verdict)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, source, verdict.file, int(in_workspace), document),
        )

    def record_hint(self, drill: str, level: int) -> None:
        """Keep that a hint (1 to 3) was shown."""
        self._write(
            "INSERT INTO hints (drill, level, at) VALUES (?, ?, ?)", (drill, level, self._stamp())
        )

    def record_give_up(self, drill: str) -> None:
        """Keep that the solution was shown before a pass."""
        self._write("INSERT INTO give_ups (drill, at) VALUES (?, ?)", (drill, self._stamp()))

    def statuses(self) -> dict[str, str]:
        """Each drill's status by id: 'passed', 'gave up' or 'tried'; a new one is missing."""
        tried = self._read(
            "SELECT drill, max(status = 'passed') FROM attempts WHERE in_workspace GROUP BY drill"
        )
        found = {drill: "passed" if passed else "tried" for drill, passed in tried}
        for (drill,) in self._read("SELECT DISTINCT drill FROM give_ups"):
            if found.get(drill) != "passed":
                found[drill] = "gave up"
        return found

    def hints_shown(self, drill: str) -> int:
        """The highest hint shown so far, 0 to 3."""
        rows = self._read("SELECT coalesce(max(level), 0) FROM hints WHERE drill = ?", (drill,))
        return int(rows[0][0])

    def attempts(self, drill: str) -> list[Attempt]:
        """All recorded runs of a drill, oldest first."""
        rows = self._read(
            "SELECT drill, at, status, source, file, in_workspace, verdict"
            " FROM attempts WHERE drill = ? ORDER BY id",
            (drill,),
        )
        return [
            Attempt(
                drill,
                datetime.fromisoformat(at),
                status,
                source,
                file,
                bool(inside),
                _verdict(text),
            )
            for drill, at, status, source, file, inside, text in rows
        ]

    def _stamp(self) -> str:
        return self._now().isoformat(timespec="milliseconds")

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with _readable(self.path):
            return self._db.execute(query, values).fetchall()

    def _write(self, statement: str, values: Sequence[object]) -> None:
        with _readable(self.path):
            try:
                self._db.execute(statement, values)
            except sqlite3.OperationalError as fault:
                self._warn(f"this isn't saved: {self.path} can't be written ({fault}).")


def _connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _copy_in_memory(path: Path) -> sqlite3.Connection:
    """What can be read of a file that can't be written; an empty record otherwise."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with suppress(sqlite3.OperationalError):
        # Immutable: a reader of a WAL file would otherwise write a lock file beside it.
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        source.backup(memory)
        source.close()
    return memory


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to this version, in one transaction."""
    if _version(db, path) == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")  # From here on another command that starts now has to wait.
    try:
        for statements in MIGRATIONS[_version(db, path) :]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.OperationalError):
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise UsageError(
            f"{path} was written by a newer drill: its format is {version}, known is"
            f" {len(MIGRATIONS)}.",
            code="state-newer",
            remedy="Update with `pip install -U drill-gym`, or set DRILL_HOME to another folder.",
        )
    return version


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn SQLite's complaint about a broken file into a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as fault:
        raise UsageError(
            f"The record of your progress can't be read: {path} ({fault}).",
            code="state-broken",
            remedy=f"Rename it, and drill starts a new one: mv {path} {path}.broken",
        ) from fault


def _verdict(text: str) -> Verdict:
    return Verdict.from_json(json.loads(text))
