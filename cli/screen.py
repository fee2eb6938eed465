"""The one screen of a session: head and foot stay, the body scrolls between them.

Only lines that changed are written, so nothing flickers. A line of code that is wider than the
terminal is left for the terminal to wrap: copied, it is one line again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Self

from rich.console import Console, ConsoleDimensions, RenderableType
from rich.control import Control
from rich.segment import ControlType, Segment, Segments
from rich.text import Text

# A screen with fewer rows has no room for the head.
SHORT = 12


@dataclass(frozen=True)
class Frame:
    """What a session shows, from top to bottom."""

    head: RenderableType
    state: RenderableType
    body: RenderableType
    note: RenderableType
    keys: RenderableType


@dataclass(frozen=True)
class Line:
    """A line of a text; it takes several rows where it is wider than the terminal."""

    segments: tuple[Segment, ...]
    width: int

    @property
    def cells(self) -> int:
        """How many cells the text takes."""
        return sum(segment.cell_length for segment in self.segments)

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return max(1, -(-self.cells // self.width))

    def cut(self, rows: int) -> "Line":
        """Its first rows."""
        kept = Segment.adjust_line_length(list(self.segments), min(self.cells, rows * self.width))
        return replace(self, segments=tuple(kept))


BLANK = Line((), 1)


def lines(console: Console, body: RenderableType, width: int) -> list[Line]:
    """A renderable's lines; the spaces that fill lines up are left out."""
    found = []
    options = console.options.update(width=width)
    for row in Segment.split_lines(console.render(body, options)):
        kept = [segment for segment in row if not segment.control]
        while kept and not kept[-1].text.strip():
            kept.pop()
        if kept:
            kept[-1] = Segment(kept[-1].text.rstrip(), kept[-1].style)
        found.append(Line(tuple(kept), width))
    return found


def fitting(body: Sequence[Line], room: int) -> list[Line]:
    """The first lines, as far as they fit; at least a part of the first."""
    shown: list[Line] = []
    for line in body:
        if line.rows > room:
            return shown or [line.cut(room)]
        shown.append(line)
        room -= line.rows
    return shown


def lowest(body: Sequence[Line], room: int) -> int:
    """The last line that may stand on top, so that no room is wasted below the end."""
    top = len(body)
    while top and (room := room - body[top - 1].rows) >= 0:
        top -= 1
    return min(top, max(0, len(body) - 1))


class Display:
    """Shows frames on a console: redrawn in place, or one below the other where that can't be."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._full = console.is_terminal and not console.is_dumb_terminal
        self._frame: Frame | None = None
        self._body: list[Line] = []
        self._top = self._room = 0
        self._size = ConsoleDimensions(80, 24)
        self._shown: dict[int, Line] = {}

    def __enter__(self) -> Self:
        try:
            self._open(True)
        except BaseException:  # A signal may come right here.
            self._open(False)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open(False)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The screen as it was before, for another program."""
        self._open(False)
        try:
            yield
        finally:
            self._open(True)
            self.resize()

    def show(self, frame: Frame) -> None:
        """Show a frame, its body from the first line on."""
        self._frame, self._top = frame, 0
        if self._full:
            self.resize()
        else:
            parts = (frame.head, frame.state, "", frame.body, "", frame.note, frame.keys)
            for part in parts:
                self._console.print(part, crop=False)

    def change(self, state: RenderableType, note: RenderableType, keys: RenderableType) -> None:
        """Change what stands around the body; the body stays where it is."""
        if self._frame is None:
            return
        before, self._frame = self._frame, replace(self._frame, state=state, note=note, keys=keys)
        if self._full:
            self._draw()
        else:
            for was, now in ((before.state, state), (before.note, note)):
                if was != now:
                    self._console.print(now)

    def resize(self) -> None:
        """Lay the frame out anew, on a terminal whose size may have changed."""
        if self._frame is None or not self._full:
            return
        if self._console.size != self._size:
            self._size, self._shown = self._console.size, {}
            self._clear()
        self._body = lines(self._console, self._frame.body, self._size.width)
        self._draw()

    def scroll(self, key: str) -> None:
        """Move the body: by a line, by a page, and from the end back to the top."""
        last = lowest(self._body, self._room)
        page = max(1, len(fitting(self._body[self._top :], self._room)))
        if key == " " and self._top >= last:
            self._top = 0
        else:
            steps = {"up": -1, "down": 1, "page up": -page, "page down": page, " ": page}
            self._top = max(0, min(last, self._top + steps[key]))
        if self._full and self._frame:
            self._draw()

    def _draw(self) -> None:
        assert self._frame is not None
        frame, height = self._frame, self._size.height
        head = [*self._lines(frame.head), *self._lines(frame.state), BLANK]
        foot = [*self._lines(frame.note), *self._lines(frame.keys)]
        if height < SHORT:
            head = self._lines(frame.state)
        foot = foot[-max(1, height - len(head) - 2) :]
        self._room = max(1, height - len(head) - len(foot) - 1)
        self._top = min(self._top, lowest(self._body, self._room))
        body = fitting(self._body[self._top :], self._room)
        used = sum(line.rows for line in body)
        filling = [BLANK] * (self._room - used)
        self._write([*head, *body, *filling, self._divider(len(body)), *foot])

    def _lines(self, part: RenderableType) -> list[Line]:
        return lines(self._console, part, self._size.width)

    def _divider(self, shown: int) -> Line:
        """Above the foot: where the body stands, if not all of it is seen."""
        total = len(self._body)
        if shown == total:
            return BLANK
        first, last = self._top + 1, self._top + shown
        more = "space shows more" if last < total else "space goes back to the top"
        text = Text(f"-- lines {first} to {last} of {total}, {more} --", "dim", no_wrap=True)
        text.truncate(self._size.width)
        return self._lines(text)[0]

    def _write(self, screen: Sequence[Line]) -> None:
        """Write the lines that differ from those that stand there, all at once."""
        shown: dict[int, Line] = {}
        row = 0
        for line in screen:
            if row < self._size.height:
                shown[row] = line
            row += line.rows
        changed = {at: line for at, line in shown.items() if self._shown.get(at) != line}
        with suppress(OSError), self._console:  # The terminal may be gone.
            for at, line in changed.items():
                self._console.control(Control.move_to(0, at))
                self._console.print(Segments(line.segments), end="", soft_wrap=True)
                if line.cells < line.rows * self._size.width:
                    self._console.control(Control((ControlType.ERASE_IN_LINE, 0)))
        self._shown = shown

    def _clear(self) -> None:
        with suppress(OSError):
            self._console.control(Control.clear(), Control.home())

    def _open(self, enter: bool) -> None:
        if not self._full:
            return
        self._shown = {}
        with suppress(OSError):
            self._console.set_alt_screen(enter)
            self._console.show_cursor(not enter)
