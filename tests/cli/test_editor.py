"""Opening the learner's editor: in the terminal, in a window, and not at all."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from drill.cli.editor import UNSET, edit, failing_line
from drill.grader.verdict import CheckResult, Verdict


class Hands:
    """Counts how often the terminal was given away."""

    given = 0

    @contextmanager
    def over(self) -> Iterator[None]:
        self.given += 1
        yield


@pytest.fixture
def hands() -> Hands:
    return Hands()


def program(folder: Path, name: str, text: str) -> str:
    """A program of that name; returns its path."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport os, signal, sys\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_an_editor_in_the_terminal_gets_it(tmp_path: Path, hands: Hands) -> None:
    editor = program(tmp_path, "ed", "open(sys.argv[2], 'w').write(sys.argv[1])")
    file = tmp_path / "file.py"
    assert edit(f"{editor} 'two words'", file, hands.over, print) == ""
    assert file.read_text() == "two words" and hands.given == 1


def test_its_failure_is_said(tmp_path: Path, hands: Hands) -> None:
    editor = program(tmp_path, "ed", "sys.exit(3)")
    assert (
        edit(editor, tmp_path, hands.over, print) == f"The editor {editor!r} ended with status 3."
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", UNSET),
        ("/no/such/editor", "can't be started: No such file or directory. Set DRILL_EDITOR anew."),
        ("vim 'open quote", "can't be started: No closing quotation. Set DRILL_EDITOR anew."),
    ],
)
def test_what_does_not_start_is_said(command: str, words: str, tmp_path: Path) -> None:
    assert words in edit(command, tmp_path, Hands().over, print)


def test_a_window_does_not_keep_the_session_waiting(tmp_path: Path, hands: Hands) -> None:
    gate, said = tmp_path / "gate", Queue[str]()
    os.mkfifo(gate)
    editor = program(tmp_path, "code", "open(sys.argv[1]).read(); sys.exit(4)")
    command = f"{editor} {gate} --wait"
    assert edit(command, tmp_path, hands.over, said.put) == "Opened in code."
    assert hands.given == 0 and said.empty()
    gate.write_text("")  # Waits until the window is there; then it ends.
    assert said.get(timeout=30) == f"The editor {command!r} ended with status 4."


def test_ctrl_c_is_the_editors_own(tmp_path: Path, hands: Hands) -> None:
    before = signal.getsignal(signal.SIGINT)
    text = "os.kill(os.getppid(), signal.SIGINT); sys.exit(signal.getsignal(signal.SIGINT) == 1)"
    assert edit(program(tmp_path, "ed", text), tmp_path, hands.over, print) == ""
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("code", "-g PATH:7"),
        ("nvim", "+7 PATH"),
        ("emacs", "+7 PATH"),
        ("nano", "+7 PATH"),
        ("hx", "PATH:7"),
        ("other", "PATH"),
    ],
)
def test_editors_are_told_a_line(tmp_path: Path, hands: Hands, name: str, expected: str) -> None:
    said = tmp_path / "said"
    editor = program(tmp_path, name, f"open({str(said)!r}, 'w').write(' '.join(sys.argv[1:]))")
    heard: Queue[str] = Queue()
    edit(editor, tmp_path / "f.py", hands.over, heard.put, 7)
    for thread in threading.enumerate():  # an editor with a window runs beside
        if thread.name == "drill-editor":
            thread.join(10)
    assert said.read_text() == expected.replace("PATH", str(tmp_path / "f.py"))


@pytest.mark.parametrize(
    ("complaint", "got", "expected"),
    [
        ("It raised ValueError.", "ValueError: no (line 9, in f: x / 0)", 9),
        ("Line 3 uses torch.softmax, which this drill forbids.", "", 3),
        ("The result is 1, not 2.", "", 4),
    ],
)
def test_the_line_to_look_at(complaint: str, got: str, expected: int) -> None:
    text = '"""Head."""\n\n\n@decorated\ndef f(x):\n    return x\n'
    check = CheckResult("a", "b", "failed", complaint=complaint, got=got)
    assert failing_line(text, Verdict("f", "failed", checks=[check])) == expected
    assert failing_line(text, None) == 4
    assert failing_line("x = 1\n", None) == 0
