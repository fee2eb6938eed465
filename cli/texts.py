"""What every screen is made of: texts from outside made harmless, code, prose, links."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pygments.token import Token  # type: ignore[import-untyped]
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import CodeBlock, Markdown, MarkdownElement
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

# Colours that can be read on light and on dark.
CODE = ANSISyntaxTheme(
    {
        Token.Comment: Style(dim=True),
        Token.Keyword: Style(color="magenta"),
        Token.Operator.Word: Style(color="magenta"),
        Token.String: Style(color="green"),
        Token.Name.Function: Style(bold=True),
        Token.Name.Class: Style(bold=True),
        Token.Generic.Inserted: Style(color="green"),
        Token.Generic.Deleted: Style(color="red"),
    }
)

# Escape sequences first, then what is left of control and direction-changing characters.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\)|\x1b.", re.DOTALL)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """A text from outside, without anything a terminal would obey."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))


@dataclass(frozen=True)
class Screen:
    """Something to print, without the spaces that fill lines up: output goes into files, too."""

    body: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The body's lines, as rich asks for them."""
        for line in Segment.split_lines(console.render(self.body, options)):
            while line and not line[-1].text.strip() and not line[-1].control:
                line.pop()
            if line:
                last = line.pop()
                yield from line
                yield Segment(last.text.rstrip(), last.style, last.control)
            yield Segment.line()


def screen(*parts: RenderableType) -> Screen:
    """Parts below each other, as one thing to print."""
    return Screen(Group(*parts))


def block(text: str) -> RenderableType:
    """A text from outside, indented."""
    return Padding(Text(harmless(text).rstrip("\n")), (0, 0, 0, 2))


def code(text: str, language: str = "python") -> Text:
    """Code in the terminal's own colours; flush left and never wrapped, to be copied."""
    source = harmless(text).rstrip("\n")
    lines = Syntax("", language, theme=CODE, background_color="default").highlight(source)
    lines.rstrip()
    lines.no_wrap, lines.overflow = True, "ignore"
    return lines


class Indented(CodeBlock):
    """A block of code in a text, without rich's empty lines around it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The code, indented; lines that are too long are folded."""
        lines = code(str(self.text), self.lexer_name)
        lines.no_wrap, lines.overflow = False, "fold"
        yield Padding(lines, (0, 0, 0, 4))


class Prose(Markdown):
    """Markdown whose inline code keeps its backticks: colour is never the only signal."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "fence": Indented,
        "code_block": Indented,
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        for token in self.parsed:
            for child in token.children or ():
                if child.type == "code_inline":
                    child.content = f"`{child.content}`"


def markdown(text: str) -> RenderableType:
    """A text of a drill, with its code highlighted."""
    return Prose(text)


def link(path: Path | str) -> Text:
    """A path that terminals open on a click; the home folder is written ~."""
    full = Path(path).absolute()
    shown = str(full)
    if full.is_relative_to(Path.home()):
        shown = f"~/{full.relative_to(Path.home())}"
    return Text(harmless(shown), Style(link=full.as_uri()), overflow="fold")


def heading(text: str) -> Text:
    """The line above a block."""
    return Text(text, "bold")
