"""Single keys without Enter, and events from other threads and signals, in one queue."""

import io
import os
import re
import select
import signal
import sys
import termios
import tty
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, NoReturn, Self

from drill.cli.events import Key, Resized, Said, Suspended

# A key as it is sent: an escape sequence, a lone escape, or one character.
_SENT = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b[^\x1b]?|[^\x1b]", re.DOTALL)

_NAMES = {
    "\x1b": "escape",
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\r": "\n",
    "\x7f": "backspace",
    "\x08": "backspace",
}


class Terminal:
    """The inbox of a session at a terminal: keys from standard input, events from threads.

    Entering it switches the terminal to single keys; leaving it puts everything back.
    """

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._events: SimpleQueue[object] = SimpleQueue()
        self._keys: deque[str] = deque()
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_in, False)  # A pipe full of wakings wakes, too.
        self._saved: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:  # A signal may come right here.
            self.__exit__()
            raise
        return self

    def _begin(self) -> None:
        # Where there are no such modes (a strange terminal), keys arrive after Enter.
        with suppress(termios.error):
            self._saved = termios.tcgetattr(self._input)
            tty.setcbreak(self._input, termios.TCSADRAIN)
        for number, event in ((signal.SIGWINCH, Resized()), (signal.SIGTSTP, Suspended())):
            handler = self._poster(event)
            self._handlers[number] = signal.signal(number, handler)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._restore()
        wake_in, self._wake_in = self._wake_in, -1  # A late `post` must not meet a reused number.
        os.close(self._wake_out)
        os.close(wake_in)

    def _poster(self, event: object) -> Callable[[int, FrameType | None], None]:
        return lambda number, frame: self.post(event)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The terminal as it was before, for an editor."""
        self._restore()
        try:
            yield
        finally:
            with suppress(termios.error):
                tty.setcbreak(self._input, termios.TCSADRAIN)

    def suspend(self) -> None:
        """Stop this process, as Ctrl-Z asks for, until the shell lets it go on."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def post(self, event: object) -> None:
        """Add an event, from any thread or signal handler."""
        self._events.put(event)
        with suppress(OSError):  # The session may have ended meanwhile.
            os.write(self._wake_in, b"!")

    def next(self, timeout: float) -> object:
        """The next event; None after `timeout` seconds without one."""
        with suppress(Empty):
            return self._events.get_nowait()
        if not self._keys:
            ready, _, _ = select.select([self._input, self._wake_out], [], [], timeout)
            if self._wake_out in ready:
                os.read(self._wake_out, 4096)
                return self.next(0)
            if self._input in ready:
                self._keys.extend(_read_keys(self._input))
        return Key(self._keys.popleft()) if self._keys else None

    def _restore(self) -> None:
        if self._saved is not None:
            with suppress(termios.error):  # The terminal is gone.
                termios.tcsetattr(self._input, termios.TCSADRAIN, self._saved)


def _read_keys(descriptor: int) -> list[str]:
    """The keys that wait; unknown sequences are left out, the input's end is ''."""
    try:
        typed = os.read(descriptor, 1024)
    except OSError:  # The terminal is gone.
        typed = b""
    if not typed:
        return [""]
    sent = [_NAMES.get(key, key) for key in _SENT.findall(typed.decode(errors="ignore"))]
    return [key for key in sent if key.isprintable() or key == "\n"]


def press(choices: str, otherwise: str, clock: Callable[[], str] | None = None) -> str:
    """Wait for one of some keys; `otherwise` is what the input's end means.

    `clock` gives the last line, anew each second. When it gives "" the time is over: that is
    returned.
    """
    with Terminal() as terminal:
        while line := clock() if clock else " ":
            if clock:  # Spaces, as a line gets shorter: some terminals know nothing else.
                print(f"\r{line}   ", end="", flush=True)
            event = terminal.next(1 if clock else 3600)
            if isinstance(event, Suspended):
                with terminal.paused():
                    terminal.suspend()
            elif isinstance(event, Key) and event.char in (*choices, ""):
                if clock:
                    print(flush=True)
                return event.char or otherwise
    print(flush=True)
    return ""


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the program by an exception, so that everything is put back."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    for other in (signal.SIGTERM, signal.SIGHUP):  # A second one must not end the putting back.
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


class Overheard(io.TextIOBase):
    """A stand-in for standard error while the screen is the session's: lines become events."""

    def __init__(self, tell: Callable[[Said], None]) -> None:
        self.lines: list[str] = []
        self._tell = tell
        self._open = ""

    def write(self, text: str) -> int:
        """Take a text; each line that is complete is told."""
        *lines, self._open = (self._open + text).split("\n")
        for line in filter(None, lines):
            self.lines.append(line)
            self._tell(Said(line))
        return len(text)


@contextmanager
def overheard(tell: Callable[[Said], None]) -> Iterator[None]:
    """Turn what is printed on standard error into events; afterwards it is printed after all."""
    ears = Overheard(tell)
    try:
        with redirect_stderr(ears):
            yield
    finally:
        with suppress(OSError):  # The terminal is gone.
            for line in dict.fromkeys(ears.lines):
                print(line, file=sys.stderr)


@contextmanager
def watching(folder: Any, tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` in another thread whenever something in a folder changes."""
    from threading import Event, Thread

    stop = Event()

    def look() -> None:
        from watchfiles import watch

        with suppress(OSError, RuntimeError):  # No events here: the session looks by itself, too.
            for _ in watch(folder, stop_event=stop, debounce=200, step=40, rust_timeout=1000):
                tell()

    thread = Thread(target=look, name="drill-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2)
