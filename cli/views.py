"""What a session shows of a drill: each function returns one part of its screen."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from drill.cli import render, texts
from drill.cli.events import Checking
from drill.cli.tools import Tools
from drill.grader.catalog import Drill
from drill.grader.errors import DrillError
from drill.grader.verdict import SPEED, CheckResult, Verdict

# What the learner's file imports, at the top of a case: `f` shows the case with it.
_IMPORTS = re.compile(r"(?:(?:import|from) [^\n]*\n|#[^\n]*\n|\n)+")

# More lines of a submission's output are cut; a debugging print must not bury the verdict.
PRINTED = 12

# Why a key does nothing now.
REFUSALS = {
    "n": "n opens the next drill once this one is passed; `drill start ID` opens any.",
    "s": "s shows a solution after a pass (or now: `drill solution {} --give-up`).",
    "f": "f shows the failing case as a program, once a check has failed on one.",
    "h": "Your file has passed: there is nothing to hint at.",
    "b": "b compares your time with the reference's, once your file has passed.",
    "\n": "The statement is what you see above.",
}


def head(drill: Drill, path: Path, tools: Tools) -> RenderableType:
    """The drill's title, the progress of its topic, and the file."""
    members, statuses = tools.catalog.in_topic(drill.topic), tools.statuses
    passed = sum(statuses.get(one.id) == "passed" for one in members)
    table = Table.grid(expand=True, padding=(0, 0, 0, 2), pad_edge=False)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, justify="right")
    progress = Text(f"{drill.topic} {passed} of {len(members)} passed", "dim")
    table.add_row(Text(drill.title, "bold"), progress)
    return Group(table, texts.link(path))


def checking(progress: Checking | None, first: bool) -> Text:
    """What the grading that runs is at."""
    if progress is None:
        return Text.assemble(("Checking...", "bold"), " the first time takes some seconds" * first)
    if progress.check == SPEED:
        return Text.assemble(("Measuring the speed", "bold"), "; it takes about ten seconds...")
    text = Text.assemble(("Checking ", "bold"), texts.harmless(progress.check))
    return text.append(f" ({progress.done} of {progress.total})...")


def outcome(drill: Drill, result: Verdict | None) -> Text:
    """The verdict in a line; before there is one, what kind of drill it is."""
    if result is None:
        return render.facts(drill)
    line = Text.assemble((render.HEADLINES[result.status], render.STYLES[result.status]))
    if len(result.checks) > 1:
        line.append(f"   {render.counts(result.checks)}", "dim")
    if result.seconds:
        line.append(f"   {result.seconds:.2f} s", "dim")
    return line


def findings(result: Verdict) -> RenderableType:
    """A verdict for a screen that may be short: what helps most stands first."""
    parts: list[RenderableType] = []
    if failure := result.failure:
        parts += render.claim(failure)
        if failure.diagnosis:
            parts.append(render.diagnosis(failure))
        parts += [*render.case(excerpt(failure.code)), *render.sides(failure)]
    parts += [*render.complaints(result), *render.figures(_brief(result))]
    if result.status != "error":  # Else all the others were not run.
        parts += render.all_checks(result)
    return texts.screen(*parts[parts[:1] == [""] :])


def excerpt(code: str) -> str:
    """A case without the imports above it."""
    found = _IMPORTS.match(code)
    return code[found.end() :] if found else code


def _brief(result: Verdict) -> Verdict:
    printed = result.output.rstrip("\n").splitlines()
    if len(printed) <= PRINTED:
        return result
    kept = [*printed[:PRINTED], f"... and {len(printed) - PRINTED} more lines"]
    return replace(result, output="\n".join(kept))


def program(check: CheckResult) -> RenderableType:
    """The failing case as code that runs outside the tool."""
    title = texts.heading(f"Smallest case that fails {check.name}, as a program")
    return texts.screen(title, "", texts.code(check.code))


def problem(fault: DrillError) -> RenderableType:
    """An error that ends a grading but not the session."""
    return Text("\n".join(line for line in (fault.message, fault.remedy) if line), "red")


def sentence(fault: DrillError) -> str:
    """An error in a line."""
    return " ".join(line for line in (fault.message, fault.remedy) if line)


def advice(result: Verdict | None, begun: bool, editor: bool) -> str:
    """What to do next."""
    if result is None or result.status == "skipped":
        write = "Save the file" if begun else "Write your answer in the file and save it"
        return f"{write}: every save is graded here.{' e opens it.' if editor else ''}"
    if result.status == "passed":
        return "n opens the next drill; s shows a solution and what the interviewer asks now."
    return "Change the file and save it; h gives a hint."


@dataclass(frozen=True)
class Keys:
    """The keys that are valid now, in as many lines as they need."""

    names: Mapping[str, str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The keys; none is torn from its name."""
        line = Text()
        for key, name in self.names.items():
            word = Text.assemble(("Enter" if key == "\n" else key, "bold"), f" {name}")
            if line and line.cell_len + 2 + word.cell_len > options.max_width:
                yield line
                line = Text()
            line.append("  " if line else "").append_text(word)
        yield line


def farewell(drill: Drill, tools: Tools) -> Iterable[RenderableType]:
    """What stays in the shell's window when the session ends."""
    path = tools.workspace.path(drill)
    status = tools.statuses.get(drill.id, "not tried yet")
    words = {"passed": "passed", "tried": "not passed yet", "gave up": "given up"}
    yield Text(f"{drill.id}: {words.get(status, status)}.")
    yield Text("Your file: ").append_text(texts.link(path))
    yield Text(f"Go on with: drill start{'' if status == 'passed' else f' {drill.id}'}")
