"""The SQLite file of the record: its tables, with versioned migrations, and ways to open it."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from drill.cli.history import Attempt, History, stamp
from drill.grader.errors import UsageError

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
    # A uid is what a row is known by on every machine. It begins with the row's first id, so that
    # rows of one millisecond stay in order; copies of an older file agree on what they share.
    tuple(
        statement.format(table=table)
        for table in ("attempts", "hints", "give_ups")
        for statement in (
            "ALTER TABLE {table} ADD COLUMN uid TEXT",
            "UPDATE {table} SET uid = printf('%08x-', id) || drill || '-' || at",
            "CREATE UNIQUE INDEX {table}_by_uid ON {table} (uid)",
            """CREATE TRIGGER {table}_get_a_uid AFTER INSERT ON {table} WHEN NEW.uid IS NULL BEGIN
                UPDATE {table} SET uid = printf('%08x-', id) || lower(hex(randomblob(12)))
                WHERE id = NEW.id;
            END""",
        )
    ),
    (
        """CREATE TABLE starts (
            id INTEGER PRIMARY KEY,
            uid TEXT,
            drill TEXT NOT NULL,
            at TEXT NOT NULL,
            review INTEGER NOT NULL
        )""",
        "CREATE UNIQUE INDEX starts_by_uid ON starts (uid)",
        """CREATE TRIGGER starts_get_a_uid AFTER INSERT ON starts WHEN NEW.uid IS NULL BEGIN
            UPDATE starts SET uid = printf('%08x-', id) || lower(hex(randomblob(12)))
            WHERE id = NEW.id;
        END""",
    ),
    (
        """CREATE TABLE rounds (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL UNIQUE,
            at TEXT NOT NULL,
            plan TEXT NOT NULL,
            folder TEXT NOT NULL
        )""",
        """CREATE TABLE round_ends (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL UNIQUE,
            at TEXT NOT NULL,
            round TEXT NOT NULL,
            card TEXT NOT NULL
        )""",
    ),
    (
        """CREATE TABLE answers (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL UNIQUE,
            at TEXT NOT NULL,
            card TEXT NOT NULL,
            made INTEGER NOT NULL,
            points INTEGER NOT NULL,
            seconds REAL NOT NULL,
            text TEXT NOT NULL
        )""",
    ),
)

ADD_ATTEMPT = (
    "INSERT INTO attempts"
    " (uid, drill, at, status, seed, seconds, source, file, in_workspace, verdict)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
ADD_HINT = "INSERT INTO hints (uid, drill, at, level) VALUES (?, ?, ?, ?)"
ADD_GIVE_UP = "INSERT INTO give_ups (uid, drill, at) VALUES (?, ?, ?)"
ADD_ROUND = "INSERT INTO rounds (uid, at, plan, folder) VALUES (?, ?, ?, ?)"
ADD_ROUND_END = "INSERT INTO round_ends (uid, at, round, card) VALUES (?, ?, ?, ?)"
ADD_ANSWER = (
    "INSERT INTO answers (uid, at, card, made, points, seconds, text) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
ADD_START = "INSERT INTO starts (uid, drill, at, review) VALUES (?, ?, ?, ?)"


def open_file(path: Path) -> sqlite3.Connection:
    """The file at `path`, made or migrated as needed.

    Raises OSError or OperationalError where it can't be written, DatabaseError where it is broken,
    UsageError where a newer drill wrote it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = connect(str(path))
    try:
        if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def connect(path: str) -> sqlite3.Connection:
    """A connection that waits for other commands, and commits every statement by itself."""
    return sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)


def copy_in_memory(path: Path) -> sqlite3.Connection:
    """What can be read of a file that can't be written; an empty record otherwise."""
    # Immutable: a reader of a WAL file would else need to write a lock file beside it.
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        memory = connect(":memory:")
        with suppress(sqlite3.OperationalError):
            file = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
            with closing(file):
                file.backup(memory)
            break
        memory.close()
    else:
        memory = connect(":memory:")
    migrate(memory, path)
    return memory


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to this version, all or nothing."""
    if _version(db, path) == len(MIGRATIONS):
        return
    with transaction(db):
        for statements in MIGRATIONS[_version(db, path) :]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All that is written inside, or nothing; other commands that write have to wait."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
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


def additions(new: History) -> Iterator[tuple[str, Sequence[object]]]:
    """The statements, with their values, that add a history's rows; one without a uid gets one."""
    for attempt in new.attempts:
        yield ADD_ATTEMPT, _values(attempt)
    for hint in new.hints:
        yield ADD_HINT, (hint.uid or None, hint.drill, stamp(hint.at), hint.level)
    for give_up in new.give_ups:
        yield ADD_GIVE_UP, (give_up.uid or None, give_up.drill, stamp(give_up.at))
    for start in new.starts:
        values = (start.uid or None, start.drill, stamp(start.at), int(start.review))
        yield ADD_START, values
    for one in new.rounds:
        yield ADD_ROUND, (one.uid, stamp(one.at), json.dumps(one.plan.to_json()), one.folder)
    for end in new.round_ends:
        yield ADD_ROUND_END, (end.uid, stamp(end.at), end.round, json.dumps(end.card))
    for answer in new.answers:
        facts = (answer.made, answer.points, answer.seconds, answer.text)
        yield ADD_ANSWER, (answer.uid, stamp(answer.at), answer.card, *facts)


def _values(attempt: Attempt) -> Sequence[object]:
    verdict = attempt.verdict
    graded = (verdict.status, verdict.seed, verdict.seconds, attempt.source)
    file = verdict.file.encode(errors="replace").decode()  # A path need not be UTF-8.
    document = json.dumps(verdict.to_json())
    head = (attempt.uid or None, attempt.drill, stamp(attempt.at))
    return (*head, *graded, file, int(attempt.in_workspace), document)
