"""The screens: verdicts, statements, solutions, lists; each function returns something to print."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from drill.cli.listing import cut
from drill.grader.catalog import Drill, FollowUp
from drill.grader.verdict import CheckResult, Verdict, WorkRow

STYLES = {
    "passed": "green",
    "failed": "bold red",
    "forbidden": "bold red",
    "timeout": "bold red",
    "error": "bold red",
    "skipped": "yellow",
    "not run": "dim",
    "not graded here": "yellow",
}

# The widest a check's name is shown.
NAMES = 28

HEADLINES = {
    "passed": "passed",
    "failed": "not passed yet",
    "forbidden": "not passed: it uses what this drill forbids",
    "timeout": "not passed: it took too long",
    "error": "not passed: it can't be run",
    "skipped": "can't be graded here",
}

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


def code(text: str) -> RenderableType:
    """Python in the terminal's own colours; flush left and never wrapped, to be copied."""
    source = harmless(text).rstrip("\n")
    lines = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(source)
    lines.rstrip()
    lines.no_wrap, lines.overflow = True, "ignore"
    return lines


def markdown(text: str) -> RenderableType:
    """Text of a drill, with its code highlighted in the terminal's own colours."""
    return Markdown(text, code_theme="ansi_dark")


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


def verdict(result: Verdict) -> RenderableType:
    """What a grading found: the first failure in full, then work, output and all checks."""
    parts: list[RenderableType] = [_headline(result)]
    if result.failure:
        parts += ["", *_failure(result.failure)]
    elif result.status != "passed":
        complaints = [check.complaint for check in result.checks if check.complaint]
        parts += [block(text) for text in complaints]
    if result.work:
        parts += ["", heading("Work"), work_table(result.work)]
    if result.speed:
        parts += ["", _speed(result.speed)]
    if result.output.strip():
        parts += ["", heading("Your code printed"), block(result.output)]
    if len(result.checks) > 1:
        parts += ["", heading(_counts(result.checks))]
        passed = result.status == "passed"
        parts += [checks_table(result.checks)] if passed else checks_lines(result.checks)
    return screen(*parts)


def _headline(result: Verdict) -> Text:
    line = Text.assemble(
        (result.drill, "bold"),
        ": ",
        (HEADLINES[result.status], STYLES[result.status]),
        (f"   {result.seconds:.2f} s" if result.seconds else "", "dim"),
    )
    if result.file and result.file != "-":
        line.append("\n").append_text(link(result.file))
    return line


def _failure(check: CheckResult) -> Iterable[RenderableType]:
    yield Text.assemble(("Failed: ", "bold red"), harmless(check.claim or check.name))
    if check.complaint:
        yield block(check.complaint)
    if check.code:
        yield from ("", heading("Smallest case that shows it"), code(check.code))
    if check.got or check.wanted:
        yield from ("", _sides(check))
    if check.diagnosis:
        yield from (
            "",
            Text.assemble(("This looks like: ", "bold yellow"), harmless(check.diagnosis)),
        )


def _sides(check: CheckResult) -> RenderableType:
    """Got above wanted, so that long tensors line up."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("got", Text(harmless(check.got)))
    table.add_row("wanted", Text(harmless(check.wanted)))
    return table


def _counts(checks: Sequence[CheckResult]) -> str:
    passed = sum(check.status == "passed" for check in checks)
    line = f"{passed} of {len(checks)} checks passed"
    elsewhere = sum(check.status == "not graded here" for check in checks)
    return f"{line}, {elsewhere} not graded here" if elsewhere else line


def checks_table(checks: Sequence[CheckResult]) -> RenderableType:
    """Status, name and claim of each check."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, max_width=NAMES, overflow="ellipsis")
    table.add_column()
    for check in checks:
        status = Text(f"  {check.status}", STYLES[check.status])
        table.add_row(status, harmless(check.name), harmless(check.claim))
    return table


def checks_lines(checks: Sequence[CheckResult]) -> Iterable[Text]:
    """The same in a line each, with long claims cut: below a failure, space is dear."""
    statuses = max(len(check.status) for check in checks)
    names = min(NAMES, max(len(check.name) for check in checks))
    for check in checks:
        name = cut(harmless(check.name), names)
        yield Text.assemble(
            (f"  {check.status:{statuses}}", STYLES[check.status]),
            (
                f"  {name:{names}}  {harmless(check.claim)}",
                "dim" if check.status == "not run" else "",
            ),
            no_wrap=True,
            overflow="ellipsis",
        )


def work_table(rows: Sequence[WorkRow]) -> Table:
    """The deterministic measures, each against its limit."""
    table = Table.grid(padding=(0, 3, 0, 0))
    for title in ("  measure", "yours", "limit", "reference", ""):
        table.add_column(
            header=title, justify="left" if title.strip() in ("measure", "") else "right"
        )
    table.add_row(*(Text(str(column.header), "dim") for column in table.columns))
    for row in rows:
        numbers = [number(value) for value in (row.yours, row.limit, row.reference)]
        mark = Text("within", "green") if row.ok else Text("over the limit", "bold red")
        table.add_row(f"  {harmless(row.name)}", *numbers, mark)
    return table


def number(value: float) -> str:
    """A count with thousands separated, or a small measure with four digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"


def _speed(speed: dict[str, object]) -> Text:
    return Text.assemble(
        ("Speed ", "bold"),
        f"{speed['ratio']} x the reference's time on {speed['device']}",
        f" ({speed['low']} to {speed['high']})",
    )


def facts(drill: Drill) -> Text:
    """Topic, level and minutes, and what the drill needs."""
    words = [drill.topic, drill.level, f"{drill.minutes} minutes"]
    if drill.gpu != "none":
        words.append(f"GPU {drill.gpu}")
    if drill.extra:
        words.append(f"needs drill-gym[{drill.extra}]")
    return Text(", ".join(words), "dim")


def statement(drill: Drill, file: Path) -> RenderableType:
    """What the interviewer says."""
    title = Text.assemble((drill.title, "bold"), (f"  {drill.id}", "cyan"))
    return screen(title, facts(drill), "", markdown(drill.body), "", link(file))


def solution(text: str, followups: Sequence[FollowUp]) -> RenderableType:
    """A solution, and what the interviewer would ask now, with model answers."""
    parts: list[RenderableType] = [code(text)]
    if followups:
        parts += ["", heading("Follow-up questions")]
    for number_, followup in enumerate(followups, 1):
        parts += ["", Text(f"{number_}. {followup.ask}", "cyan")]
        parts.append(Padding(markdown(followup.answer), (0, 0, 0, 3)))
    return screen(*parts)


def hint(text: str, level: int, total: int) -> RenderableType:
    """One hint and how many there are."""
    return screen(heading(f"Hint {level} of {total}"), markdown(text))


def case(check: CheckResult) -> RenderableType:
    """The failing case as code."""
    return screen(heading(f"Smallest case that fails {check.name}"), "", code(check.code))


def keys(names: Mapping[str, str], drill: str) -> Text:
    """The line of the keys that are valid now."""
    line = Text.assemble((drill, "dim"))
    for key, name in names.items():
        line.append("  ").append(key, "bold cyan").append(f" {name}")
    return line
