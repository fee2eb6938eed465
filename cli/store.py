"""The learner's record: what is asked of it, and what happens when it can't be kept."""

import errno
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from shlex import quote
from typing import Any

from drill.cli.database import additions, copy_in_memory, open_file, transaction
from drill.cli.history import Answer, Attempt, GiveUp, Hint, History, Round, RoundEnd, Start
from drill.cli.rounds import Plan, Scored, read_plan
from drill.cli.schedule import Moment
from drill.grader.errors import UsageError
from drill.grader.verdict import Verdict

FILE = "drill.sqlite3"

# What to do about a file that can't be written, by the number that SQLite or the system gives.
REMEDIES = {
    sqlite3.SQLITE_BUSY: "Another command holds it; try again when that has ended.",
    sqlite3.SQLITE_FULL: "Free some space, or set DRILL_HOME to another folder.",
    # What a full disk looks like, too, where SQLite makes its index of the log.
    sqlite3.SQLITE_IOERR: "Free some space or mend the disk, or set DRILL_HOME to another folder.",
}
REMEDY = "Make it writable, or set DRILL_HOME to another folder."
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


# In one millisecond a start comes first, and an end last.
MOMENTS = """
SELECT drill, at, 0 AS place, CASE review WHEN 1 THEN 'review' ELSE 'started' END, 0 FROM starts
UNION ALL SELECT drill, at, 1, 'hint', level FROM hints
UNION ALL SELECT drill, at, 2, CASE status WHEN 'passed' THEN status ELSE 'failed' END, 0
    FROM attempts WHERE in_workspace AND status != 'skipped'
UNION ALL SELECT drill, at, 3, 'gave up', 0 FROM give_ups
ORDER BY at, place
"""


class Store:
    """The record. What can't be written costs a warning, never the grading it belongs to.

    It is kept in memory then, and written as soon as the file can be written again.
    """

    def __init__(
        self, path: Path, now: Callable[[], datetime], warn: Callable[[str], None]
    ) -> None:
        self.path = path
        self._now = now
        self._warn = warn
        self._file: sqlite3.Connection | None = None
        self._memory: sqlite3.Connection | None = None  # In use where there is no file.
        self._unsaved: list[tuple[str, Sequence[object]]] = []
        self._warned = False

    @classmethod
    def open(
        cls, folder: Path, now: Callable[[], datetime], warn: Callable[[str], None]
    ) -> "Store":
        """The record in `folder`; the file is made or migrated when it is first needed.

        A file that is broken, or that a newer drill wrote, is left alone: every question raises
        UsageError, and recording costs a warning.
        """
        return cls(folder / FILE, now, warn)

    def close(self) -> None:
        """Close the file."""
        for db in (self._file, self._memory):
            if db:
                db.close()

    def record_attempt(self, verdict: Verdict, source: str, in_workspace: bool) -> None:
        """Keep a graded run with the text that was graded."""
        attempt = Attempt("", verdict.drill, self._now(), in_workspace, source, verdict)
        self._write(History(attempts=(attempt,)))

    def record_hint(self, drill: str, level: int) -> None:
        """Keep that a hint (1 to 3) was shown."""
        self._write(History(hints=(Hint("", drill, self._now(), level),)))

    def record_give_up(self, drill: str) -> None:
        """Keep that the solution was shown before a pass."""
        self._write(History(give_ups=(GiveUp("", drill, self._now()),)))

    def record_start(self, drill: str, review: bool) -> None:
        """Keep that the start file was written, for a review or the first time."""
        self._write(History(starts=(Start("", drill, self._now(), review),)))

    def record_round(self, uid: str, plan: Plan, folder: str) -> Round:
        """Keep that a round was begun."""
        begun = Round(uid, self._now(), plan, folder)
        self._write(History(rounds=(begun,)))
        return begun

    def record_round_end(self, round: Round, card: Scored) -> None:
        """Keep what a round scored."""
        end = RoundEnd(f"{round.uid}-end", self._now(), round.uid, card.to_json())
        self._write(History(round_ends=(end,)))

    def record_answer(self, card: str, made: int, points: int, seconds: float, text: str) -> None:
        """Keep that a quiz card was answered."""
        uid, at = f"answer-{token_hex(12)}", self._now()
        self._write(History(answers=(Answer(uid, at, card, made, points, seconds, text),)))

    def answers(self) -> list[Answer]:
        """All answers to quiz cards, oldest first."""
        rows = self._read(
            "SELECT uid, at, card, made, points, seconds, text FROM answers ORDER BY at, uid"
        )
        return [Answer(uid, datetime.fromisoformat(at), *rest) for uid, at, *rest in rows]

    def rounds(self) -> list[Round]:
        """All rounds, oldest first."""
        rows = self._read("SELECT uid, at, plan, folder FROM rounds ORDER BY at, uid")
        try:
            return [
                Round(uid, datetime.fromisoformat(at), read_plan(json.loads(plan)), folder)
                for uid, at, plan, folder in rows
            ]
        except ValueError as fault:
            raise _broken(self.path, fault) from fault

    def round_ends(self) -> list[RoundEnd]:
        """The ends of rounds, oldest first."""
        rows = self._read("SELECT uid, at, round, card FROM round_ends ORDER BY at, uid")
        try:
            return [
                RoundEnd(uid, datetime.fromisoformat(at), round, json.loads(card))
                for uid, at, round, card in rows
            ]
        except ValueError as fault:
            raise _broken(self.path, fault) from fault

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
        """The highest hint shown so far, 0 to 3; a review begins with none."""
        rows = self._read(
            "SELECT coalesce(max(level), 0) FROM hints WHERE drill = ?1 AND at >= coalesce("
            "(SELECT max(at) FROM starts WHERE drill = ?1 AND review), '')",
            (drill,),
        )
        return int(rows[0][0])

    def moments(self) -> list[Moment]:
        """The signs of life at all drills, oldest first, without texts and verdicts."""
        rows = self._read(MOMENTS)
        return [
            Moment(id, datetime.fromisoformat(at), what, level) for id, at, _, what, level in rows
        ]

    def attempts(self, drill: str) -> list[Attempt]:
        """All recorded runs of a drill, oldest first."""
        return self._attempts("WHERE drill = ?", drill)

    def practised(self) -> list[datetime]:
        """When files of the workspace were graded."""
        rows = self._read("SELECT at FROM attempts WHERE in_workspace")
        return [datetime.fromisoformat(at) for (at,) in rows]

    def history(self) -> History:
        """All that is recorded."""
        hints = self._read("SELECT uid, drill, at, level FROM hints ORDER BY at, uid")
        give_ups = self._read("SELECT uid, drill, at FROM give_ups ORDER BY at, uid")
        starts = self._read("SELECT uid, drill, at, review FROM starts ORDER BY at, uid")
        return History(
            attempts=tuple(self._attempts()),
            hints=tuple(Hint(uid, id, datetime.fromisoformat(at), n) for uid, id, at, n in hints),
            give_ups=tuple(GiveUp(uid, id, datetime.fromisoformat(at)) for uid, id, at in give_ups),
            starts=tuple(
                Start(uid, id, datetime.fromisoformat(at), bool(review))
                for uid, id, at, review in starts
            ),
            rounds=tuple(self.rounds()),
            round_ends=tuple(self.round_ends()),
            answers=tuple(self.answers()),
        )

    def merge(self, other: History) -> History:
        """Add what is new of another history, all or nothing; returns what was new.

        Raises ValueError where it contradicts the record, UsageError where it can't be written.
        """
        try:
            with _readable(self.path), transaction(self._flush()) as db:
                new = other.without(self.history())
                for statement, values in additions(new):
                    db.execute(statement, values)
        except (OSError, sqlite3.OperationalError) as fault:
            reason, remedy = self._reason(fault)
            message = f"Nothing was imported: {reason}"
            raise UsageError(message, code="state-unwritable", remedy=remedy) from fault
        return new

    def _attempts(self, where: str = "", *values: object) -> list[Attempt]:
        rows = self._read(
            "SELECT uid, drill, at, in_workspace, source, verdict FROM attempts"
            f" {where} ORDER BY at, uid",
            values,
        )
        try:
            return [
                Attempt(
                    uid, drill, datetime.fromisoformat(at), bool(inside), source, _verdict(text)
                )
                for uid, drill, at, inside, source, text in rows
            ]
        except (KeyError, TypeError, ValueError) as fault:
            raise _broken(self.path, fault) from fault

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        db = self._file or self._memory
        if db is None:
            self._save()
            return self._read(query, values)
        try:
            with _readable(self.path):
                return db.execute(query, values).fetchall()
        except sqlite3.OperationalError as fault:
            raise _broken(self.path, fault) from fault

    def _write(self, new: History) -> None:
        self._unsaved += additions(new)
        try:
            self._save()
        except UsageError as fault:
            self._warn(f"progress isn't saved: {fault.message} {fault.remedy}")

    def _save(self) -> None:
        """Write to the file what isn't there yet, or else say once why not, and use the memory.

        Raises UsageError where the file is none of this drill's.
        """
        try:
            with _readable(self.path):
                self._flush()
        except (OSError, sqlite3.OperationalError) as fault:
            self._turn_to_memory()
            if not self._warned:
                self._warn(f"progress isn't saved: {' '.join(self._reason(fault))}")
            self._warned = True
            return
        if self._warned:
            self._warn(f"progress is saved again, in {self.path}.")
        self._warned = False

    def _flush(self) -> sqlite3.Connection:
        """Write to the file what isn't there yet; returns the file."""
        self._file = self._file or open_file(self.path)
        while self._unsaved:
            self._file.execute(*self._unsaved[0])
            del self._unsaved[0]
        return self._file

    def _turn_to_memory(self) -> None:
        self.close()
        self._file = self._memory = None
        try:
            memory = copy_in_memory(self.path)
            for statement, values in self._unsaved:
                memory.execute(statement, values)
        except sqlite3.DatabaseError as fault:
            raise _broken(self.path, fault) from fault
        self._memory = memory

    def _reason(self, fault: OSError | sqlite3.Error) -> tuple[str, str]:
        """Why the file can't be written, and what to do about it."""
        if isinstance(fault, OSError):
            says, full = fault.strerror, fault.errno in NO_SPACE
            number = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_CANTOPEN
        else:
            says, number = str(fault), getattr(fault, "sqlite_errorcode", 0) & 0xFF
        return f"{self.path} can't be written ({says}).", REMEDIES.get(number, REMEDY)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn SQLite's complaint about a broken file into a sentence; what may pass by, passes."""
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as fault:
        raise _broken(path, fault) from fault


def _broken(path: Path, fault: Exception) -> UsageError:
    # Its companions go along: a new file must not meet the old one's log.
    aside = quote(str(path.parent / "broken"))
    command = f"mkdir -p {aside} && mv {quote(str(path))}* {aside}"
    return UsageError(
        f"The record of your progress can't be read: {path} ({fault}).",
        code="state-broken",
        remedy=f"Put it aside, then drill starts a new one, and `drill import` brings back what"
        f" you exported: {command}",
    )


def _verdict(text: str) -> Verdict:
    return Verdict.from_json(json.loads(text))
