"""A session: what every key and every save does, with a scripted inbox instead of a terminal."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli import views
from drill.cli.events import (
    Checking,
    Graded,
    Key,
    Resized,
    Said,
    Saved,
    Suspended,
    in_thread,
)
from drill.cli.tools import Tools
from drill.cli.watch import Session
from drill.cli.workspace import start_file
from drill.grader.errors import GraderError
from drill.grader.verdict import CheckResult, Verdict

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"
STUB = "def answer(x):\n    raise NotImplementedError\n# begun\n"

Step = object | Callable[[], None]

DIVIDER = "\n" + "=" * 80 + "\n"


@dataclass
class Script:
    """An inbox that plays events in order, and runs functions between them; then it quits."""

    steps: deque[Step] = field(default_factory=deque)
    look: Callable[[], None] = lambda: None
    pauses: int = 0
    stops: int = 0

    def next(self, timeout: float) -> object:
        while self.steps:
            self.look()
            step = self.steps.popleft()
            if not callable(step):
                return step
            step()
        self.look()
        return Key("q")

    def post(self, event: object) -> None:
        self.steps.appendleft(event)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses += 1
        yield

    def suspend(self) -> None:
        self.stops += 1


@dataclass
class Desk:
    """A learner at a session."""

    tools: Tools
    service: Any
    screen: Any
    script: Script = field(default_factory=Script)
    waiting: list[Callable[[], None]] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)
    slow: bool = False

    def __post_init__(self) -> None:
        self.tools.out = self.screen.console  # type: ignore[misc]
        self.script.look = self.look

    @property
    def path(self) -> Path:
        return self.tools.workspace.path(self.tools.catalog.find("softmax"))

    def look(self) -> None:
        """Remember what is on the screen, if it is news."""
        text = self.screen.glass.text
        if text not in self.screens[-1:]:
            self.screens.append(text)

    def background(self, work: Callable[[], None]) -> None:
        if self.slow:
            self.waiting.append(work)
        else:
            work()

    def save(self, text: str, id: str = "softmax") -> Callable[[], None]:
        """A step: an editor writes the file anew and renames it into place."""

        def step() -> None:
            path = self.tools.workspace.path(self.tools.catalog.find(id))
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name("draft")
            draft.write_text(text)
            draft.replace(path)

        return step

    def finish(self) -> None:
        """A step: the grading that waits comes to its end."""
        self.waiting.pop(0)()

    def __call__(self, *steps: Step | str, topic: str = "tensors", id: str = "softmax") -> str:
        """Run a session with these steps (a string is keys); returns all its screens."""
        self.screens.clear()
        for step in steps:
            self.script.steps.extend(map(Key, step) if isinstance(step, str) else [step])
        scope = self.tools.catalog.in_topic(topic)
        self.session = Session(self.tools, self.service, self.script, scope, self.background)
        self.session.run(self.tools.catalog.find(id))
        return DIVIDER.join(self.screens)

    @property
    def last(self) -> str:
        """The last screen of the session."""
        return self.screens[-1]

    @property
    def state(self) -> str:
        """The line below the head."""
        return self.last.split("\n")[2]

    @property
    def note(self) -> str:
        """The line above the keys."""
        return self.last.rstrip().split("\n")[-2]


@pytest.fixture
def desk(
    tools: Tools,
    service: Any,
    make_screen: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.setenv("HOME", str(tmp_path))  # Screens show ~/work, wherever that is.
    return Desk(tools, service, make_screen())


def test_it_begins_with_the_statement(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk()
    assert desk.last == snapshot
    assert desk.service.jobs == []


def test_a_file_that_was_begun_is_graded_at_once(desk: Desk) -> None:
    desk.save(WRONG)()
    assert "not passed yet" in desk()


def test_every_save_is_graded_and_kept(desk: Desk, snapshot: SnapshotAssertion) -> None:
    assert desk(desk.save(WRONG), Saved(), Saved(), desk.save(RIGHT), None, None) == snapshot
    assert [job.source for job in desk.service.jobs] == [WRONG, RIGHT]
    assert [one.status for one in desk.tools.store.attempts("softmax")] == ["failed", "passed"]
    assert desk.tools.statuses == {"softmax": "passed"}


@pytest.mark.parametrize(("width", "height"), [(120, 40), (40, 24), (80, 10)])
def test_other_terminals(
    desk: Desk, make_screen: Any, snapshot: SnapshotAssertion, width: int, height: int
) -> None:
    desk.save(WRONG)()
    desk.tools.out = make_screen(width, height).console  # type: ignore[misc]
    desk.screen.glass = desk.tools.out.file
    desk("h")
    assert desk.last == snapshot
    assert desk.screen.glass.scrolled == 0


def test_a_window_that_is_dragged_is_drawn_anew(desk: Desk) -> None:
    desk.save(WRONG)()
    desk(lambda: desk.screen.resize(60, 20), Resized())
    rows = desk.last.split("\n")
    assert len(rows) == 20 and rows[0].endswith("tensors 0 of 2 passed") and len(rows[0]) == 60
    assert "not passed yet" in rows[2]


def test_saves_of_many_kinds_are_seen(desk: Desk) -> None:
    def in_place(text: str) -> Callable[[], None]:
        return lambda: desk.path.write_text(text) and None

    def backup_first() -> None:  # As vim does with 'backupcopy' off, and emacs.
        desk.path.rename(desk.path.with_name("softmax.py~"))
        desk.path.write_text(f"{WRONG}# 2\n")

    def anew() -> None:
        desk.path.unlink()
        desk.path.write_text(f"{WRONG}# 3\n")

    desk(in_place(WRONG), Saved(), backup_first, Saved(), anew, Saved(), desk.save(RIGHT), Saved())
    sources = [job.source for job in desk.service.jobs]
    assert sources == [WRONG, f"{WRONG}# 2\n", f"{WRONG}# 3\n", RIGHT]


def test_a_folder_without_events_is_looked_at(desk: Desk) -> None:
    desk(desk.save(WRONG), None, None, desk.save(RIGHT), None)
    assert [job.source for job in desk.service.jobs] == [WRONG, RIGHT]


def test_a_helper_beside_the_file_counts(desk: Desk) -> None:
    helper = desk.path.parent / "helper.py"
    desk(
        desk.save(f"import helper\n{WRONG}"),
        lambda: helper.write_text("a = 1"),
        Saved(),
        lambda: helper.write_text("a = 22"),
        Saved(),
        Saved(),
    )
    assert [dict(job.siblings) for job in desk.service.jobs] == [
        {"helper.py": "a = 1"},
        {"helper.py": "a = 22"},
    ]


def test_a_file_that_is_gone_for_a_moment_waits(desk: Desk) -> None:
    text = desk(lambda: desk.path.unlink(), Saved(), desk.save(WRONG), Saved())
    assert len(desk.service.jobs) == 1
    assert "is gone" not in text


def test_a_file_that_stays_away_is_missed(desk: Desk) -> None:
    gone = "Your file is gone. Save it again, or press x for the start file."
    text = desk(lambda: desk.path.unlink(), Saved(), None, None, desk.save(WRONG), Saved())
    assert text.count(gone) == 1 and gone not in desk.last
    assert "not passed yet" in desk.state
    assert "Your file is gone" in desk(lambda: desk.path.unlink(), "r")
    assert desk.state == "it can't be graded"


def test_a_newer_save_overtakes_a_grading(desk: Desk) -> None:
    desk.slow = True
    cancelled = GraderError("cancelled", code="judge")
    text = desk(
        desk.save(WRONG),
        Saved(),
        desk.save(RIGHT),
        Saved(),
        Checking("matches", 1, 20),
        Graded(WRONG, fault=cancelled),
        lambda: desk.waiting.pop(0) and None,
        desk.finish,
    )
    assert desk.service.cancelled >= 1
    assert [job.source for job in desk.service.jobs] == [RIGHT]
    assert "not passed" not in text and "(1 of 20)" not in text.split("passed   3 of 3")[0][:-400]
    assert desk.state.startswith("passed   3 of 3 checks passed")


def test_a_verdict_on_an_older_text_is_neither_shown_nor_kept(desk: Desk) -> None:
    desk.slow = True
    text = desk(desk.save(WRONG), Saved(), desk.save(RIGHT), desk.finish, desk.finish)
    assert [job.source for job in desk.service.jobs] == [WRONG, RIGHT]
    assert "not passed" not in text
    assert [one.status for one in desk.tools.store.attempts("softmax")] == ["passed"]


def test_a_cancel_that_came_too_early_is_repeated(desk: Desk) -> None:
    desk.slow = True
    desk(desk.save(WRONG), Saved(), desk.save(RIGHT), Saved(), None, None)
    assert desk.service.cancelled >= 3


def test_what_was_left_behind_is_not_shown(desk: Desk) -> None:
    desk.save(RIGHT)()
    desk("r")
    desk.slow = True
    desk(desk.finish, "r", "n", desk.finish, None)
    assert desk.service.cancelled >= 1
    assert desk.last.startswith("Einsum") and desk.state == "tensors, medium, 8 minutes"


def test_it_says_which_check_runs(desk: Desk) -> None:
    desk.slow = True
    desk(desk.save(WRONG), Saved(), Checking("matches", 3, 20))
    assert desk.state == "Checking matches (3 of 20)..."
    desk.waiting.clear()
    desk(desk.save(WRONG), Saved())
    assert desk.state == "Checking... the first time takes some seconds"


def test_quitting_ends_the_grading(desk: Desk) -> None:
    desk.slow = True
    desk("r")
    assert desk.service.cancelled >= 1


def test_the_end_of_the_input_quits(desk: Desk) -> None:
    desk(Key(""), "r")
    desk.script.steps.clear()
    desk("x", Key(""), "r")
    assert desk.service.jobs == []


def test_a_fault_of_the_grader_does_not_end_the_session(desk: Desk) -> None:
    def die(job: Any) -> Verdict:
        raise GraderError("The judge died.", code="judge", remedy="Try again.")

    desk.service.judge = die
    text = desk("r", "l")
    assert "The judge died.\nTry again.\n" in text and "2 drills, 0 passed" in text


def test_a_bug_does(desk: Desk) -> None:
    desk.service.judge = lambda job: 1 // 0
    with pytest.raises(ZeroDivisionError):
        desk("r")
    assert desk.screen.glass.modes["?1049"] is False


def test_an_unreadable_file_is_said(desk: Desk) -> None:
    def spoil() -> None:
        desk.path.write_bytes(b"\xff\xff")

    assert "is not UTF-8 text." in desk(spoil, Saved())


def test_a_file_that_can_not_be_imported(desk: Desk, snapshot: SnapshotAssertion) -> None:
    def refuse(job: Any) -> Verdict:
        loads = CheckResult("loads", "Your file can be imported.", "failed", 1)
        loads.complaint, loads.got = "It can't be imported.", "SyntaxError: '(' was never closed"
        return Verdict("softmax", "error", checks=[loads, CheckResult("matches", "It is right.")])

    desk.service.judge = refuse
    desk(desk.save("def answer("), Saved())
    assert desk.last == snapshot


def test_a_flood_of_prints_is_cut(desk: Desk) -> None:
    judge = desk.service.judge
    output = "\n".join(map(str, range(500)))
    desk.service.judge = lambda job: replace(judge(job), output=output)
    desk(desk.save(WRONG), Saved(), Key(" "))
    assert "... and 488 more lines" in desk.last


def test_what_this_machine_lacks_is_said(desk: Desk) -> None:
    text = desk("r", topic="kernels", id="flash")
    assert "can't be graded here" in text and "needs an NVIDIA GPU" in text
    assert desk.service.jobs == []


def test_what_is_said_on_standard_error_is_a_note(desk: Desk) -> None:
    desk(Said("drill: progress isn't saved."))
    assert desk.note == "progress isn't saved."


def test_next_goes_through_the_topic_and_then_on(desk: Desk) -> None:
    for id in ("softmax", "einsum"):
        desk.save(RIGHT, id)()
    desk("r", "n", "n")
    assert desk.last.startswith("Speculative")
    assert "Every drill you asked for is passed: this is the next of all.\nWrite" in desk.last
    text = desk(desk.save(RIGHT, "speculative"), Saved(), "n", id="speculative")
    assert "you passed every drill that runs here" in text


def test_keys_that_are_not_valid_now_say_why(desk: Desk) -> None:
    notes = {}
    for key in ("n", "s", "f", "b", "\n", "?"):
        desk(key)
        notes[key] = desk.note
    assert notes == {
        "n": "n opens the next drill once this one is passed; `drill start ID` opens any.",
        "s": "s shows a solution after a pass (or now: `drill solution softmax --give-up`).",
        "f": "f shows the failing case as a program, once a check has failed on one.",
        "b": "b compares your time with the reference's, once your file has passed.",
        "\n": "The statement is what you see above.",
        "?": "Write your answer in the file and save it: every save is graded here.",
    }


def test_the_keys_at_the_bottom(desk: Desk) -> None:
    bottoms = {}
    for text in (STUB, WRONG, RIGHT):
        desk.save(text)()
        desk("r")
        bottoms[text] = desk.last.split("Change")[-1].split("n opens")[-1].split("\n", 1)[-1]
    assert bottoms[WRONG] == (
        "r run  h hint  f case  e editor  l list  x reset  Enter statement  q quit"
    )
    assert bottoms[RIGHT] == (
        "r run  n next  s solution  e editor  l list  b speed  x reset  Enter statement\nq quit"
    )


def test_hints_the_third_asks_first(desk: Desk, snapshot: SnapshotAssertion) -> None:
    assert desk("h", "h", "h", "n", "h", "y", "h") == snapshot
    assert desk.tools.store.hints_shown("softmax") == 3


def test_a_hint_stays_below_a_newer_verdict(desk: Desk) -> None:
    desk("h", desk.save(WRONG), Saved(), "f", "f", " ")
    rows = desk.last.split("\n")
    assert rows.index("Hint 1 of 3") > rows.index("wanted  2")
    desk("h", desk.save(f"{WRONG}#\n"), Saved(), "h")
    assert desk.last.split("\n")[4] == "Hint 2 of 3"
    assert desk.tools.store.hints_shown("softmax") == 2


def test_pages_are_left_as_they_were_entered(desk: Desk) -> None:
    desk.save(WRONG)()
    for key in ("f", "l", "\n"):
        desk(key, key)
        first, page, back = desk.screens[-3:]
        assert page != first == back
        assert " back" in page
    desk("l", Key("escape"))
    assert "Failed: " in desk.last
    desk("l", "r")
    assert "Failed: " in desk.last


def test_after_a_pass_the_solution(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk.save(RIGHT)()
    desk("s")
    assert desk.last == snapshot


def test_after_a_pass_the_speed_if_it_is_asked_for(desk: Desk) -> None:
    desk.save(RIGHT)()
    desk(None)
    assert "Speed" not in desk.last
    found = {"ratio": 1.08, "low": 1.052, "high": 1.11, "yours_ms": 1.2, "reference_ms": 1.111}
    judge = desk.service.judge

    def timed(job: Any) -> Verdict:
        verdict = judge(job)
        verdict.speed = {"device": "cpu", **found, "roofline": None} if job.speed else None
        return verdict

    desk.service.judge = timed
    desk("b")
    said = "Speed 1.08 x the reference's time on cpu (1.05 to 1.11): 1.2 ms against 1.11 ms"
    assert said in desk.last
    assert [job.speed for job in desk.service.jobs][-1] is True
    desk("r")
    assert "Speed" not in desk.last


def test_while_the_speed_is_measured_it_says_so() -> None:
    text = views.checking(Checking("speed", 3, 3), first=False).plain
    assert text == "Measuring the speed; it takes about ten seconds..."


def test_the_failing_case_as_code(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk.save(WRONG)()
    desk("f")
    assert desk.last == snapshot


def test_the_list_is_searched(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk("l", "/", "HARD spc", Key("backspace"), Key("escape"))
    assert desk.screens[-2] == snapshot
    assert desk.session.drill.id == "softmax"
    desk("/", "einsum", Key("\n"))
    assert desk.session.drill.id == "einsum"
    desk("/", "no such", Key("\n"))
    assert (desk.session.drill.id, desk.session.sight.query) == ("softmax", None)
    desk("/", "q", Key("escape"))
    assert desk.session.sight.query is None


def test_a_grading_ends_a_search(desk: Desk) -> None:
    desk("/", "ein", desk.save(RIGHT), Saved())
    assert desk.session.sight.query is None and "passed" in desk.state


def test_the_editor_opens_where_it_failed(desk: Desk, tmp_path: Path) -> None:
    note = tmp_path / "said"
    program = tmp_path / "vim"
    program.write_text(f'#!/bin/sh\necho "$@" > {note}\n')
    program.chmod(0o755)
    desk.tools.environ = {**desk.tools.environ, "DRILL_EDITOR": str(program)}
    desk("e")  # its head is the statement
    line = start_file(desk.tools.catalog.find("softmax")).split("\n").index("def answer(x):") + 1
    assert note.read_text() == f"+{line} {desk.path}\n"


def test_yours_is_shown_against_the_solution(desk: Desk, make_screen: Any) -> None:
    desk(desk.save('"""Statement."""\n\n\ndef answer(x):\n    return 1 + x\n'), Saved(), "s")
    assert "-    return 1 + x" in desk.last and "+    return x + 1" in desk.last
    assert "Statement." not in desk.last
    desk.tools.out = make_screen(160, 40).console  # type: ignore[misc]
    desk.screen.glass = desk.tools.out.file
    desk("r", "s")
    row = next(row for row in desk.last.split("\n") if "return 1 + x" in row)
    assert row.index("return x + 1") > 70


def test_the_list(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk("l")
    assert desk.last == snapshot


def test_a_reset_asks_and_keeps_a_copy(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk.save(WRONG)()
    assert desk("x", "n", "x", "y") == snapshot
    assert desk.tools.workspace.untouched(desk.tools.catalog.find("softmax"))
    (kept,) = (desk.tools.workspace.root / ".kept").iterdir()
    assert kept.read_text() == WRONG


def test_a_reset_that_fails_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.save(WRONG)()

    def fail(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", fail)
    desk("x", "y")
    assert "can't be written: Permission denied" in " ".join(desk.last.split())
    assert desk.path.read_text() == WRONG


def test_a_question_gives_way_to_a_verdict(desk: Desk) -> None:
    text = desk("x", desk.save(WRONG), Saved(), "y")
    assert "y yes  n no" in text
    assert desk.path.read_text() == WRONG


def test_ctrl_z_gives_the_terminal_back_for_a_while(desk: Desk) -> None:
    desk(Suspended())
    assert (desk.script.stops, desk.script.pauses) == (1, 1)
    assert desk.last.startswith("Softmax")


def test_the_editor_gets_the_terminal(desk: Desk) -> None:
    program = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'w').write('x + 1')\""
    desk.tools.environ = {**desk.tools.environ, "EDITOR": "false", "DRILL_EDITOR": program}
    desk("e", None)
    assert desk.state.startswith("passed")
    assert desk.script.pauses == 1


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("", "No editor is set: set DRILL_EDITOR, VISUAL or EDITOR"),
        ("/no/such/editor", "The editor '/no/such/editor' can't be started"),
    ],
)
def test_an_editor_that_does_not_start(desk: Desk, editor: str, words: str) -> None:
    desk.tools.environ = {**desk.tools.environ, "VISUAL": editor}
    assert words in desk("e")


def test_a_grading_runs_beside_the_session() -> None:
    reader, writer = os.pipe()
    in_thread(lambda: os.close(writer) or None)
    assert os.read(reader, 1) == b""  # Blocks until the other thread is through.
    os.close(reader)
