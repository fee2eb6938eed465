"""The screens: verdicts, statements, solutions, lists; each function returns something to print."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from drill.cli.listing import cut
from drill.cli.texts import block, code, harmless, heading, link, markdown, screen
from drill.grader.catalog import Drill, FollowUp
from drill.grader.verdict import CheckResult, Verdict, WorkRow

STYLES = {
    "passed": "green",
    "failed": "bold red",
    "forbidden": "bold red",
    "timeout": "bold red",
    "error": "bold red",
    "skipped": "magenta",
    "not run": "dim",
    "not graded here": "magenta",
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


def verdict(result: Verdict) -> RenderableType:
    """What a grading found: the first failure in full, then work, output and all checks."""
    parts: list[RenderableType] = [_headline(result)]
    if result.failure:
        failure = result.failure
        parts += ["", *claim(failure), *case(failure.code), *sides(failure)]
        if failure.diagnosis:
            parts += ["", diagnosis(failure)]
    return screen(*parts, *complaints(result), *figures(result), *all_checks(result))


def complaints(result: Verdict) -> Iterable[RenderableType]:
    """What the checks say where none of them failed, and yet it is no pass."""
    if not result.failure and result.status != "passed":
        yield from (block(check.complaint) for check in result.checks if check.complaint)


def figures(result: Verdict) -> Iterable[RenderableType]:
    """Work, speed, and what the submission printed."""
    if result.work:
        yield from ("", heading("Work"), work_table(result.work))
    if result.speed:
        yield from ("", _speed(result.speed))
    if result.output.strip():
        yield from ("", heading("Your code printed"), block(result.output))


def all_checks(result: Verdict) -> Iterable[RenderableType]:
    """Each check with its status."""
    if len(result.checks) > 1:
        yield from ("", heading(counts(result.checks)))
        passed = result.status == "passed"
        yield from [checks_table(result.checks)] if passed else checks_lines(result.checks)


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


def claim(check: CheckResult) -> Iterable[RenderableType]:
    """The property that does not hold, and where that shows."""
    yield Text.assemble(("Failed: ", "bold red"), harmless(check.claim or check.name))
    if check.complaint:
        yield block(check.complaint)


def diagnosis(check: CheckResult) -> Text:
    """What the mistake is called."""
    return Text.assemble(("This looks like: ", "bold magenta"), harmless(check.diagnosis))


def case(text: str) -> Iterable[RenderableType]:
    """The smallest case as code, if there is one."""
    if text:
        yield from ("", heading("Smallest case that shows it"), code(text))


def sides(check: CheckResult) -> Iterable[RenderableType]:
    """Got above wanted, so that long tensors line up."""
    if check.got and check.wanted:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("got", Text(harmless(check.got)))
        table.add_row("wanted", Text(harmless(check.wanted)))
        yield from ("", table)
    elif check.got or check.wanted:  # An import that fails has nothing to be compared with.
        yield block(check.got or check.wanted)


def counts(checks: Sequence[CheckResult]) -> str:
    """How many checks passed."""
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


def _speed(speed: Mapping[str, Any]) -> Text:
    """The ratio to the reference's time with its interval, or why there is none."""
    if speed.get("ratio") is None:
        return Text.assemble(("Speed ", "bold"), "not measured. ", harmless(speed.get("note", "")))
    line = Text.assemble(
        ("Speed ", "bold"),
        f"{speed['ratio']:.2f} x the reference's time on {speed['device']}"
        f" ({speed['low']:.2f} to {speed['high']:.2f})",
    )
    if speed.get("yours_ms"):
        line.append(f": {speed['yours_ms']:.3g} ms against {speed['reference_ms']:.3g} ms")
    return line


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
    title = Text.assemble((drill.title, "bold"), (f"  {drill.id}", "dim"))
    return screen(title, facts(drill), "", markdown(drill.body), "", link(file))


# A terminal as wide as this has room for two programs side by side.
SIDE_BY_SIDE = 150


def solution(
    text: str, followups: Sequence[FollowUp], own: str = "", width: int = 80
) -> RenderableType:
    """A solution, and what the interviewer would ask now, with model answers.

    `own` is the learner's, shown beside it or, where that is too wide, below it as a diff.
    """
    parts: list[RenderableType] = [code(text)]
    if own and width >= SIDE_BY_SIDE:
        parts = [_beside(own, text)]
    elif own and (changes := _diff(own, text)):
        parts += ["", heading("From yours to this one"), code(changes, "diff")]
    if followups:
        parts += ["", heading("Follow-up questions")]
    for number_, followup in enumerate(followups, 1):
        parts += ["", Text(f"{number_}. {followup.ask}", "bold")]
        parts.append(Padding(markdown(followup.answer), (0, 0, 0, 3)))
    return screen(*parts)


def _beside(own: str, text: str) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0), expand=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    table.add_row(heading("Yours"), heading("A solution"))
    mine, theirs = code(own), code(text)
    for part in (mine, theirs):
        part.no_wrap, part.overflow = False, "fold"
    table.add_row(mine, theirs)
    return table


def _diff(own: str, text: str) -> str:
    lines = unified_diff(own.splitlines(), text.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))


def without_statement(text: str) -> str:
    """A learner's file without the statement on top."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return text
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.end_lineno:
        return "\n".join(text.splitlines()[first.end_lineno :]).strip("\n") + "\n"
    return text


def hint(text: str, level: int, total: int) -> RenderableType:
    """One hint and how many there are."""
    return screen(heading(f"Hint {level} of {total}"), markdown(text))
