"""Keys and sessions at a real (pseudo) terminal."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from drill.cli.events import Key, Said
from drill.cli.keys import Terminal, overheard, press, watching
from drill.cli.texts import harmless

# Ends the alternate screen: what the shell showed before is back.
SHELL_SCREEN = "\x1b[?1049l"


class Tty:
    """A pseudo terminal: what is typed here is read by the program at its other end."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self.before = self.modes()

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def modes(self) -> int:
        """The local modes: ICANON is set where a program reads whole lines."""
        return int(termios.tcgetattr(self.slave)[3])

    def close(self) -> None:
        """What happens when a window is closed."""
        for descriptor in (self.master, self.slave):
            with suppress(OSError):
                os.close(descriptor)

    def read_until(self, words: str, seconds: float = 30, raw: bool = False) -> str:
        """What the program printed up to some words, without colours and links if not `raw`."""
        read = b""
        clean = str if raw else harmless
        while words not in (seen := clean(read.decode(errors="replace"))):
            ready, _, _ = select.select([self.master], [], [], seconds)
            assert ready, f"{words!r} did not come; seen: {seen}"
            read += os.read(self.master, 65536)
        return seen


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tty]:
    tty = Tty()
    with open(os.dup(tty.slave), encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield tty
    tty.close()


def test_keys_come_without_enter_and_the_terminal_is_put_back(tty: Tty) -> None:
    with Terminal() as terminal:
        assert not tty.modes() & termios.ICANON
        tty.type(b"nh")
        assert [terminal.next(10), terminal.next(10)] == [Key("n"), Key("h")]
        tty.type(b"\x1b[A\x1b[6~\x1b[15~\xc3\xa9")
        assert [terminal.next(10) for _ in range(3)] == [Key("up"), Key("page down"), Key("é")]
        tty.type(b"\x1b")
        assert terminal.next(10) == Key("escape")
        tty.type(b"\x1b[15~")
        assert terminal.next(10) is None
        assert terminal.next(0) is None
        with terminal.paused():
            assert tty.modes() == tty.before
        assert not tty.modes() & termios.ICANON
    assert tty.modes() == tty.before


def test_a_signal_while_the_modes_change_puts_them_back(
    tty: Tty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(number: int, handler: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(signal, "signal", interrupted)
    with pytest.raises(KeyboardInterrupt), Terminal():
        pass
    assert tty.modes() == tty.before


def test_events_of_other_threads_come_in_between(tty: Tty) -> None:
    with Terminal() as terminal:
        thread = Thread(target=terminal.post, args=["saved"])
        thread.start()
        seen = [terminal.next(10)]
        thread.join()
        seen += [terminal.next(0), terminal.next(0)]
        assert "saved" in seen and set(seen) == {"saved", None}
    terminal.post("too late")


def test_the_end_of_the_input_is_an_empty_key(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(writer)
    with open(reader, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with Terminal() as terminal:  # A pipe has no modes: that is no error.
            with terminal.paused():
                pass
            assert terminal.next(10) == Key("")
        assert press("q", otherwise="quit") == "quit"


def test_a_terminal_that_is_gone_ends_the_input(tty: Tty) -> None:
    with Terminal() as terminal:
        os.close(tty.master)
        assert terminal.next(10) == Key("")
        terminal._saved = None


def test_press_waits_for_one_of_the_keys(tty: Tty) -> None:
    tty.type(b"xyq")
    with Terminal():  # What is typed before single keys hold would wait for Enter.
        pass
    tty.type(b"\n")
    assert press("q", otherwise="") == "q"


def test_changes_in_a_folder_are_told(tmp_path: Path) -> None:
    told = Event()
    with watching(tmp_path, told.set):
        for number in range(100):  # The watcher starts in a thread: it may miss the first ones.
            (tmp_path / "file.py").write_text(str(number))
            if told.wait(0.2):
                break
    assert told.is_set()


def test_a_folder_that_can_not_be_watched_is_no_error(tmp_path: Path) -> None:
    with watching(tmp_path / "none", lambda: None):
        pass


SESSION = """
import sys
from pathlib import Path
from drill.cli.app import run
from drill.cli.tools import Tools
sys.path.insert(0, sys.argv[1])
from conftest import FakeService
tools = Tools(root=Path(sys.argv[2]), service=FakeService, gpu=lambda: False)
sys.exit(run(sys.argv[3:], tools))
"""


@pytest.fixture
def launch(tmp_path: Path, content: Path) -> Iterator[Any]:
    """Starts `drill ...` at a terminal of its own; gives the process and the terminal."""
    started: list[tuple[subprocess.Popen[bytes], Tty]] = []

    def start(*arguments: str, **more: str) -> tuple[subprocess.Popen[bytes], Tty]:
        tty = Tty()
        environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm"}
        environ |= {"DRILL_HOME": str(tmp_path / "state"), **more}
        here = str(Path(__file__).parent)
        command = [sys.executable, "-c", SESSION, here, str(content), *arguments]
        process = subprocess.Popen(
            command, stdin=tty.slave, stdout=tty.slave, stderr=tty.slave, env=environ
        )
        started.append((process, tty))
        return process, tty

    yield start
    for process, tty in started:
        process.kill()
        process.wait()
        tty.close()


def test_a_session_from_home_to_quit(launch: Any, tmp_path: Path) -> None:
    process, tty = launch()
    tty.read_until("Enter starts it, q quits.")
    tty.type(b"\n")
    first = tty.read_until("Press Enter to begin.")
    assert "~/drill" in first
    tty.type(b"\n")
    tty.read_until("q quit")
    file = tmp_path / "drill/tensors/softmax.py"
    draft = file.with_name("4913~")
    draft.write_text("def answer(x):\n    return x + 1\n")
    draft.rename(file)
    assert "passed   3 of 3 checks passed" in tty.read_until("s solution")
    tty.type(b"n")
    tty.read_until("Einsum")
    tty.type(b"q")
    assert "Your file: ~/drill/tensors/einsum.py" in tty.read_until("drill start einsum")
    assert process.wait(60) == 0
    assert tty.modes() == tty.before


def test_a_round_that_is_left_and_handed_in(launch: Any, tmp_path: Path) -> None:
    options = ("--drills", "1", "--level", "easy", "--topic", "tensors", "--seed", "1")
    process, tty = launch("mock", *options)
    assert "Softmax" in tty.read_until("Enter starts the clock")
    tty.type(b"\n")
    tty.read_until(" left")
    (file,) = (tmp_path / "drill/mock").glob("*/softmax.py")
    file.write_text("def answer(x):\n    return x\n")
    assert "This looks like" not in tty.read_until("1 of 3 checks passed")
    process.kill()
    process.wait()
    process, tty = launch("mock", "--resume")
    assert "1 of 3 checks passed" in tty.read_until(" left")
    file.write_text("def answer(x):\n    return x + 1\n")
    tty.read_until("3 of 3 checks passed")
    tty.type(b"dy")
    tty.read_until("Answer aloud")
    tty.type(b"\n")
    tty.read_until("How was yours?")
    tty.type(b"2")
    card = tty.read_until("trong hire from")
    assert "1.00" in card and "Overall 1.00: strong hire" in card
    assert process.wait(60) == 0
    assert tty.modes() == tty.before


def test_a_review_begins_at_a_terminal(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    process, tty = launch("review")
    assert "Nothing is due." in tty.read_until("some days later.")
    assert process.wait(60) == 0


def test_a_second_start_needs_no_welcome(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    _, tty = launch("start", "softmax")
    assert "Press Enter" not in tty.read_until("q quit")


def test_home_can_be_left(launch: Any) -> None:
    process, tty = launch()
    tty.read_until("q quits.")
    tty.type(b"q")
    assert process.wait(60) == 0


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_leave_the_terminal_as_it_was(
    launch: Any, tmp_path: Path, name: str, status: int
) -> None:
    (tmp_path / "drill").mkdir()
    process, tty = launch("start", "softmax")
    tty.read_until("q quit")
    process.send_signal(getattr(signal, name))
    text = tty.read_until(SHELL_SCREEN, raw=True)
    assert process.wait(60) == status
    assert tty.modes() == tty.before
    assert "Traceback" not in text and "Aborted" not in text


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_signals_before_a_session_leave_the_terminal_as_it_was(launch: Any, name: str) -> None:
    process, tty = launch("start", "softmax")
    tty.read_until("Press Enter to begin.")
    process.send_signal(getattr(signal, name))
    assert process.wait(60) > 0
    assert tty.modes() == tty.before


def test_a_terminal_that_is_closed_ends_the_session(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    process, tty = launch("start", "softmax")
    tty.read_until("q quit")
    tty.close()
    assert process.wait(60) is not None
    assert not (tmp_path / "state/errors.log").exists()


def test_a_window_of_another_size_is_drawn_anew(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    process, tty = launch("start", "softmax")
    tty.read_until("q quit")
    fcntl.ioctl(tty.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 30, 0, 0))
    process.send_signal(signal.SIGWINCH)
    text = tty.read_until("q quit")
    assert "Write your answer in the file\n" not in text and "every save is graded here" not in text


def test_a_dumb_terminal_gets_plain_lines(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    process, tty = launch("start", "softmax", TERM="dumb")
    text = tty.read_until("q quit", raw=True)
    tty.type(b"q")
    text += tty.read_until("Go on with", raw=True)
    assert process.wait(60) == 0
    assert "\x1b" not in text


def test_ctrl_z_stops_and_goes_on(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    process, tty = launch("start", "softmax")
    tty.read_until("q quit")
    process.send_signal(signal.SIGTSTP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status) and tty.modes() == tty.before
    process.send_signal(signal.SIGCONT)
    tty.read_until("q quit")
    assert not tty.modes() & termios.ICANON


def test_what_is_said_on_standard_error_waits(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Said] = []
    with overheard(told.append):
        print("one\ntwo", file=sys.stderr, flush=True)
        print("one", file=sys.stderr)
    assert told == [Said("one"), Said("two"), Said("one")]
    assert capsys.readouterr().err == "one\ntwo\n"
