"""Nothing a learner wrote is lost, whenever the command is killed: SIGKILL at random moments."""

import json
import os
import random
import signal
import sqlite3
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drill.cli.history import Attempt, Hint, History
from drill.cli.review import prepare, restart
from drill.cli.rounds import Plan, Result, Scorecard
from drill.cli.store import FILE, Store
from drill.cli.tools import Tools
from drill.grader.verdict import Verdict

TIMES = 200
LONGEST = 0.1  # seconds until it is killed
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

DONE = struct.Struct("<16s")


class Life:
    """What a learner does in a few sessions; after each step it says that the step is done."""

    def __init__(self, tools: Tools, number: int, done: int) -> None:
        self.tools, self.number, self.done = tools, number, done
        self.drills = [tools.catalog.find(id) for id in ("softmax", "einsum")]

    def live(self) -> None:
        for turn in range(10):
            self.grade(turn)
            self.rewrite(turn)
            self.play(turn)
            self.merge(turn)

    def tell(self, what: str) -> None:
        """One small write to a pipe: whole, or not at all."""
        os.write(self.done, DONE.pack(what.encode()))

    def grade(self, turn: int) -> None:
        text = f"# {self.number} {turn}\n" * 40
        self.tools.store.record_attempt(Verdict("softmax", "failed"), text, in_workspace=True)
        self.tell(f"a {self.number} {turn}")

    def rewrite(self, turn: int) -> None:
        drill = self.drills[turn % 2]
        prepare(drill, self.tools, review=False)
        restart(drill, self.tools)  # What an earlier life wrote is put aside.
        path = self.tools.workspace.path(drill)
        draft = path.with_name(".editor")
        draft.write_text(f"# mine {self.number} {turn}\n")
        draft.replace(path)
        self.tell(f"f {self.number} {turn}")

    def play(self, turn: int) -> None:
        store, uid = self.tools.store, f"r-{self.number}-{turn}"
        begun = store.record_round(uid, Plan(30, ("softmax",), turn), "/nowhere")
        self.tell(f"r {self.number} {turn}")
        result = Result("softmax", "easy", 8, None, 0.0, 0, 0, 0)
        store.record_round_end(begun, Scorecard((result,)))
        self.tell(f"e {self.number} {turn}")

    def merge(self, turn: int) -> None:
        self.tools.store.merge(imported(self.number, turn))
        self.tell(f"m {self.number} {turn}")


def imported(number: int, turn: int) -> History:
    """Another machine's record: its rows come in all together."""
    name = f"{number}.{turn}"
    attempts = tuple(
        Attempt(f"i{name}.{n}", "einsum", NOON, True, "x", Verdict("einsum", "passed"))
        for n in range(5)
    )
    return History(attempts, (Hint(f"h{name}", "einsum", NOON, 1),))


def killed_after(seconds: float, life: Callable[[int], None]) -> list[str]:
    """Run `life` in a process of its own, kill that; what it had said is done."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            life(write)
        finally:
            os._exit(0)
    os.close(write)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = bytearray()
    while part := os.read(read, 1 << 16):
        said += part
    os.close(read)
    return [packed.rstrip(b"\0").decode() for (packed,) in DONE.iter_unpack(said)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_what_was_done_stays_done(tools: Tools) -> None:
    dice = random.Random(7)
    catalog, root = tools.catalog, tools.workspace.root  # read once, before the forks
    done: set[str] = set()
    for number in range(TIMES):
        fresh = replace(tools)
        fresh.__dict__["catalog"] = catalog
        done |= set(killed_after(dice.uniform(0, LONGEST), partial(live, fresh, number)))
    assert {what[0] for what in done} == set("afrem")  # every kind of step was reached
    with sqlite3.connect(tools.state / FILE) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    warnings: list[str] = []
    history = Store.open(tools.state, lambda: NOON, warnings.append).history()
    assert warnings == []
    assert_kept(done, history, written(root))


def live(tools: Tools, number: int, done: int) -> None:
    Life(tools, number, done).live()


def written(root: Path) -> set[str]:
    """The learner's lines that are in any file of the workspace."""
    files = [path for path in root.rglob("*.py") if path.is_file()]
    return {path.read_text().strip() for path in files}


def assert_kept(done: set[str], history: History, texts: set[str]) -> None:
    sources = {one.source for one in history.attempts}
    rounds = {one.uid for one in history.rounds}
    ends = {one.round for one in history.round_ends}
    uids = {row.uid for row in (*history.attempts, *history.hints)}
    for what in done:
        kind, number, turn = what.split()
        row = f"r-{number}-{turn}"
        kept: dict[str, Any] = {
            "a": f"# {number} {turn}\n" * 40 in sources,
            "f": f"# mine {number} {turn}" in texts,
            "r": row in rounds,
            "e": row in ends,
            "m": f"h{number}.{turn}" in uids,
        }
        assert kept[kind], what
    assert ends <= rounds
    for number in range(TIMES):
        for turn in range(10):
            rows = [f"i{number}.{turn}.{n}" in uids for n in range(5)]
            assert all(rows) or not any(rows)  # an import is all or nothing
    json.dumps(history.to_json())
