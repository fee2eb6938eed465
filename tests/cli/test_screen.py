"""The session's screen: what is where, at any size, and that nothing flickers."""

from typing import Any

import pytest
from rich.text import Text

from drill.cli.screen import Display, Frame, fitting, lines, lowest


def frame(body: str, **parts: str) -> Frame:
    """Three lines of head, a body, two lines of foot."""
    texts = {"head": "Title\n~/file.py", "state": "passed", "note": "Do this.", "keys": "q quit"}
    made = {name: Text(text) for name, text in (texts | parts).items()}
    return Frame(body=Text(body, no_wrap=True, overflow="ignore"), **made)


def numbered(count: int) -> str:
    return "\n".join(f"line {number}" for number in range(1, count + 1))


@pytest.fixture
def screen(make_screen: Any) -> Any:
    return make_screen(30, 14)


@pytest.fixture
def display(screen: Any) -> Display:
    return Display(screen.console)


def test_the_foot_is_at_the_bottom(screen: Any, display: Display) -> None:
    display.show(frame("line 1"))
    rows = screen.glass.text.split("\n")
    assert rows[:5] == ["Title", "~/file.py", "passed", "", "line 1"]
    assert rows[5:12] == [""] * 7
    assert rows[12:] == ["Do this.", "q quit"]
    assert screen.glass.scrolled == 0


def test_a_body_that_fits_has_no_divider(screen: Any, display: Display) -> None:
    display.show(frame(numbered(7)))
    assert screen.glass.text.split("\n")[4:12] == [*numbered(7).split("\n"), ""]


def test_a_long_body_is_scrolled(screen: Any, display: Display) -> None:
    display.show(frame(numbered(16)))

    def body() -> tuple[str, str, str]:
        rows = screen.glass.text.split("\n")
        return rows[4], rows[10], rows[11]

    assert body() == ("line 1", "line 7", "-- lines 1 to 7 of 16, space s")
    display.scroll(" ")
    assert body()[:2] == ("line 8", "line 14")
    display.scroll("page down")
    assert body() == ("line 10", "line 16", "-- lines 10 to 16 of 16, space")
    display.scroll("down")
    assert body()[0] == "line 10"
    display.scroll("up")
    assert body()[0] == "line 9"
    display.scroll("page up")
    display.scroll("down")
    assert body()[0] == "line 3"
    display.scroll(" ")
    display.scroll(" ")
    assert body()[0] == "line 1"


def test_only_what_changed_is_written(screen: Any, display: Display) -> None:
    display.show(frame(numbered(5)))
    screen.glass.writes.clear()
    display.change(Text("Checking"), Text("Do this."), Text("q quit"))
    (written,) = screen.glass.writes
    assert "Checking" in written and "line" not in written and "Do this" not in written
    assert "\x1b[2J" not in written
    assert screen.glass.text.split("\n")[2] == "Checking"


def test_a_shorter_text_leaves_nothing_of_the_longer(screen: Any, display: Display) -> None:
    display.show(frame("a long line that was here\n" * 7))
    display.show(frame("short"))
    assert screen.glass.text.split("\n")[4:8] == ["short", "", "", ""]


def test_wide_code_is_left_to_the_terminal_to_wrap(screen: Any, display: Display) -> None:
    wide = "x" * 65
    display.show(frame(f"{wide}\nend"))
    assert screen.glass.text.split("\n")[4:8] == ["x" * 30, "x" * 30, "x" * 5, "end"]
    assert any(wide in written for written in screen.glass.writes)  # Copied, it is one line.
    display.change(Text("Checking"), Text("Do this."), Text("q quit"))
    assert screen.glass.text.split("\n")[4:8] == ["x" * 30, "x" * 30, "x" * 5, "end"]


def test_a_line_longer_than_the_screen_is_cut(screen: Any, display: Display) -> None:
    display.show(frame("x" * 1000 + "\nend"))
    rows = screen.glass.text.split("\n")
    assert rows[4:11] == ["x" * 30] * 7
    assert rows[13] == "q quit" and screen.glass.scrolled == 0
    display.scroll(" ")
    assert screen.glass.text.split("\n")[4] == "end"


@pytest.mark.parametrize("size", [(80, 24), (20, 8), (12, 5), (1, 1), (200, 60)])
def test_another_size(screen: Any, display: Display, size: tuple[int, int]) -> None:
    display.show(frame(numbered(30)))
    screen.resize(*size)
    display.resize()
    assert screen.glass.scrolled == 0
    if size[0] > 10:
        rows = screen.glass.text.split("\n")
        assert rows[-1] == "q quit" and "line 1" in rows and "passed" in rows


def test_the_shells_screen_comes_back(screen: Any, display: Display) -> None:
    with display:
        display.show(frame("one"))
        assert screen.glass.modes == {"?1049": True, "?25": False}
        with display.paused():
            assert screen.glass.modes == {"?1049": False, "?25": True}
            screen.glass.write("vim\n" * 20)
        assert "one" in screen.glass.text and "vim" not in screen.glass.text
    assert screen.glass.modes == {"?1049": False, "?25": True}


def test_a_signal_while_it_opens_closes_it(screen: Any, display: Display) -> None:
    def interrupted(show: bool) -> bool:
        screen.console.show_cursor = lambda show: True
        raise KeyboardInterrupt

    screen.console.show_cursor = interrupted
    with pytest.raises(KeyboardInterrupt), display:
        pass
    assert screen.glass.modes["?1049"] is False


def test_a_terminal_that_is_gone_is_no_error(screen: Any, display: Display) -> None:
    def fail(text: str) -> int:
        raise OSError

    with display:
        screen.glass.write = fail
        display.show(frame("one"))


def test_nothing_is_scrolled_or_changed_before_there_is_something(display: Display) -> None:
    display.scroll("down")
    display.resize()
    display.change(Text("a"), Text("b"), Text("c"))


def test_a_terminal_that_can_not_be_redrawn_gets_one_below_the_other(
    make_screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = make_screen(30, 14)
    screen.console._environ = {"TERM": "dumb"}
    display = Display(screen.console)
    with display:
        display.show(frame("one"))
        display.change(Text("Checking"), Text("Do this."), Text("q quit"))
        display.resize()
        display.scroll("down")
        display.show(frame("two", state="failed"))
    text = "".join(screen.glass.writes)
    assert "\x1b" not in text
    assert text == (
        "Title\n~/file.py\npassed\n\none\n\nDo this.\nq quit\n"
        "Checking\n"
        "Title\n~/file.py\nfailed\n\ntwo\n\nDo this.\nq quit\n"
    )


def test_lines_without_the_spaces_that_fill_them(screen: Any) -> None:
    found = lines(screen.console, Text("a  \n\n" + "w" * 31, no_wrap=True, overflow="ignore"), 30)
    assert [(line.cells, line.rows) for line in found] == [(1, 1), (0, 1), (31, 2)]
    assert fitting(found, 3) == found[:2]
    assert [lowest(found, room) for room in (1, 2, 3, 4)] == [2, 2, 1, 0]
