"""Single keys without Enter, and events from other threads, in one queue."""

import os
import select
import sys
import termios
import tty
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Self

from drill.cli.events import Key


class Terminal:
    """The inbox of a session at a terminal: keys from standard input, events from threads.

    Entering it switches the terminal to single keys; leaving it puts everything back.
    """

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._events: SimpleQueue[object] = SimpleQueue()
        self._keys: deque[str] = deque()
        self._wake_out, self._wake_in = os.pipe()
        self._saved: list[Any] | None = None

    def __enter__(self) -> Self:
        # Where there are no such modes (a strange terminal), keys arrive after Enter.
        with suppress(termios.error):
            self._saved = termios.tcgetattr(self._input)
            tty.setcbreak(self._input, termios.TCSADRAIN)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()
        wake_in, self._wake_in = self._wake_in, -1  # A late `post` must not meet a reused number.
        os.close(self._wake_out)
        os.close(wake_in)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The terminal as it was before, for an editor."""
        self._restore()
        try:
            yield
        finally:
            with suppress(termios.error):
                tty.setcbreak(self._input, termios.TCSADRAIN)

    def post(self, event: object) -> None:
        """Add an event, from any thread."""
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
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._saved)


def _read_keys(descriptor: int) -> list[str]:
    """The keys that wait; arrows and other sequences are left out, the input's end is ''."""
    try:
        typed = os.read(descriptor, 1024)
    except OSError:  # The terminal is gone.
        typed = b""
    if not typed:
        return [""]
    if typed.startswith(b"\x1b"):
        return []
    return [char for char in typed.decode(errors="ignore") if char.isprintable() or char == "\n"]


def press(choices: str, otherwise: str) -> str:
    """Wait for one of some keys; `otherwise` is what the input's end means."""
    with Terminal() as terminal:
        while True:
            event = terminal.next(3600)
            if isinstance(event, Key) and event.char == "":
                return otherwise
            if isinstance(event, Key) and event.char in choices:
                return event.char


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
