"""A session: what every key and every save does, with a scripted inbox instead of a terminal."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli.events import Graded, Key, Saved, in_thread
from drill.cli.tools import Tools
from drill.cli.watch import Session
from drill.grader.errors import GraderError
from drill.grader.verdict import Verdict

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"

Step = object | Callable[[], None]


@dataclass
class Script:
    """An inbox that plays events in order, and runs functions between them; then it quits."""

    steps: deque[Step] = field(default_factory=deque)
    pauses: int = 0

    def next(self, timeout: float) -> object:
        while self.steps:
            step = self.steps.popleft()
            if not callable(step):
                return step
            step()
        return Key("q")

    def post(self, event: object) -> None:
        self.steps.appendleft(event)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses += 1
        yield


@dataclass
class Desk:
    """A learner at a session."""

    tools: Tools
    service: Any
    capsys: pytest.CaptureFixture[str]
    script: Script = field(default_factory=Script)
    waiting: list[Callable[[], None]] = field(default_factory=list)
    slow: bool = False

    @property
    def path(self) -> Path:
        return self.tools.workspace.path(self.tools.catalog.find("softmax"))

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
        """Run a session with these steps (a string is keys); returns what was on the screen."""
        for step in steps:
            self.script.steps.extend(map(Key, step) if isinstance(step, str) else [step])
        scope = self.tools.catalog.in_topic(topic)
        self.session = Session(self.tools, self.service, self.script, scope, self.background)
        self.session.run(self.tools.catalog.find(id))
        return self.capsys.readouterr().out


@pytest.fixture
def desk(
    tools: Tools,
    service: Any,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.setenv("HOME", str(tmp_path))  # Screens show ~/work, wherever that is.
    return Desk(tools, service, capsys)


def test_it_begins_with_the_statement(desk: Desk, snapshot: SnapshotAssertion) -> None:
    assert desk() == snapshot
    assert desk.service.jobs == []


def test_a_file_that_was_begun_is_graded_at_once(desk: Desk) -> None:
    desk.save(WRONG)()
    assert "not passed yet" in desk()


def test_every_save_is_graded_and_kept(desk: Desk, snapshot: SnapshotAssertion) -> None:
    assert desk(desk.save(WRONG), Saved(), Saved(), desk.save(RIGHT), None, None) == snapshot
    assert [job.source for job in desk.service.jobs] == [WRONG, RIGHT]
    assert [one.status for one in desk.tools.store.attempts("softmax")] == ["failed", "passed"]
    assert desk.tools.statuses == {"softmax": "passed"}


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
    desk(lambda: desk.path.unlink(), Saved(), desk.save(WRONG), Saved())
    assert len(desk.service.jobs) == 1


def test_a_newer_save_overtakes_a_grading(desk: Desk) -> None:
    desk.slow = True
    cancelled = GraderError("cancelled", code="judge")
    text = desk(
        desk.save(WRONG),
        Saved(),
        desk.save(RIGHT),
        Saved(),
        Graded(WRONG, fault=cancelled),
        lambda: desk.waiting.pop(0) and None,
        desk.finish,
    )
    assert desk.service.cancelled == 1
    assert [job.source for job in desk.service.jobs] == [RIGHT]
    assert "not passed" not in text and "softmax: passed" in text


def test_what_was_left_behind_is_not_shown(desk: Desk) -> None:
    desk.save(RIGHT)()
    desk("r")
    desk.slow = True
    text = desk(desk.finish, "r", "n", desk.finish, None)
    assert desk.service.cancelled == 1
    assert text.rstrip().splitlines()[-1].startswith("einsum")
    assert text.count("softmax: passed") == 1


def test_quitting_ends_the_grading(desk: Desk) -> None:
    desk.slow = True
    desk("r")
    assert desk.service.cancelled == 1


def test_the_end_of_the_input_quits(desk: Desk) -> None:
    desk(Key(""), "r")
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


def test_an_unreadable_file_is_said(desk: Desk) -> None:
    def spoil() -> None:
        desk.path.write_bytes(b"\xff\xff")

    assert "is not UTF-8 text." in desk(spoil, Saved())


def test_what_this_machine_lacks_is_said(desk: Desk) -> None:
    text = desk("r", topic="kernels", id="flash")
    assert "can't be graded here" in text and "needs an NVIDIA GPU" in text
    assert desk.service.jobs == []


def test_next_goes_through_the_topic_and_then_on(desk: Desk) -> None:
    for id in ("softmax", "einsum"):
        desk.save(RIGHT, id)()
    text = desk("r", "n", "n", desk.save(RIGHT, "speculative"), Saved(), "n")
    assert text.count("einsum: passed") == 1
    assert text.index("einsum: passed") < text.index("Speculative")
    assert "you passed every drill that runs here" in text


def test_keys_that_are_not_valid_now_do_nothing(desk: Desk) -> None:
    before = desk()
    assert desk("n", "s", "f", "b", "?") == before


def test_hints_the_third_asks_first(desk: Desk, snapshot: SnapshotAssertion) -> None:
    assert desk("h", "h", "h", "n", "h", "y", "h") == snapshot
    assert desk.tools.store.hints_shown("softmax") == 3


def test_after_a_pass_the_solution_and_the_speed(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk.save(RIGHT)()
    assert desk("s", "b") == snapshot


def test_the_failing_case_as_code(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk.save(WRONG)()
    assert desk("f") == snapshot


def test_the_list(desk: Desk, snapshot: SnapshotAssertion) -> None:
    assert desk("l") == snapshot


def test_a_reset_asks_and_keeps_a_copy(desk: Desk, snapshot: SnapshotAssertion) -> None:
    desk.save(WRONG)()
    assert desk("x", "n", "x", "y") == snapshot
    assert desk.tools.workspace.untouched(desk.tools.catalog.find("softmax"))
    (kept,) = (desk.tools.workspace.root / ".kept").iterdir()
    assert kept.read_text() == WRONG


def test_a_question_gives_way_to_a_verdict(desk: Desk) -> None:
    text = desk("x", desk.save(WRONG), Saved(), "y")
    assert "y/n" in text
    assert desk.path.read_text() == WRONG


def test_the_editor_gets_the_terminal(desk: Desk) -> None:
    program = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'w').write('x + 1')\""
    desk.tools.environ = {**desk.tools.environ, "EDITOR": "false", "DRILL_EDITOR": program}
    text = desk("e", None)
    assert "softmax: passed" in text
    assert desk.script.pauses == 1


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("", "No editor is set: set DRILL_EDITOR, VISUAL or EDITOR."),
        ("/no/such/editor", "The editor '/no/such/editor' can't be started"),
        ("vim 'open quote", "can't be started: No closing quotation"),
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
