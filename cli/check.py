"""`drill check` and `drill grade`: verdicts for one file, and for many."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drill.cli import extras
from drill.cli.options import AsJson, DrillId, Seed
from drill.cli.tools import Progress, Tools
from drill.grader.catalog import Drill
from drill.grader.errors import UsageError
from drill.grader.verdict import CheckResult, Verdict

if TYPE_CHECKING:
    pass

File = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE]", help="The file; yours in the workspace if left out, - is stdin."
    ),
]
Speed = Annotated[bool, typer.Option(help="After a pass, measure the speed too.")]


def check(
    ctx: typer.Context,
    drill_id: DrillId,
    file: File = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    speed: Speed = False,
) -> int:
    """Grade a file: 0 passed, 1 not passed, 3 can't be graded on this machine."""
    tools: Tools = ctx.obj
    drill = tools.catalog.find(drill_id)
    with ExitStack() as stack:
        path = stack.enter_context(_file(tools, drill, file))
        result = lacking(tools, drill, str(path))
        if result is None:
            job = tools.job_for(drill, path, seed, speed)
            if file == "-":
                job = replace(job, file="-")
            service = stack.enter_context(tools.service())
            result = service.grade(job, stack.enter_context(progress_line(tools)))
            record(tools, result, job.source, path)
    show(tools, result, as_json)
    return result.exit_status


@contextmanager
def _file(tools: Tools, drill: Drill, file: str | None) -> Iterator[Path]:
    """The file to grade; what comes on stdin is put into one for as long as needed."""
    if file != "-":
        path = Path(file) if file else tools.workspace.path(drill)
        if file is None and not path.exists():
            raise UsageError(
                f"There is no file for {drill.id} yet: {path}",
                code="no-file",
                remedy=f"Run `drill start {drill.id}`, or name a file.",
            )
        yield path
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="drill-") as folder:
        path = Path(folder) / "stdin.py"
        path.write_bytes(sys.stdin.buffer.read())
        yield path


def lacking(tools: Tools, drill: Drill, file: str) -> Verdict | None:
    """The verdict "skipped", where this machine lacks what the drill needs."""
    advice = extras.missing(drill, tools)
    if not advice:
        return None
    claim = "What the drill needs is installed."
    needs = CheckResult("installed", claim, "not graded here", complaint=advice)
    return Verdict(drill.id, "skipped", partial=True, checks=[needs], file=file)


def record(tools: Tools, result: Verdict, source: str, path: Path) -> None:
    """Keep a graded run; only a file of the workspace counts as progress."""
    tools.store.record_attempt(result, source, tools.workspace.holds(path))


def show(tools: Tools, result: Verdict, as_json: bool) -> None:
    """Print a verdict."""
    if as_json:
        tools.print_json(result.to_json())
        return
    from drill.cli import render

    tools.say(render.verdict(result))


@contextmanager
def progress_line(tools: Tools) -> Iterator[Progress | None]:
    """A line on standard error, if that is a terminal, that says what is being checked."""
    if not sys.stderr.isatty():
        yield None
        return
    with tools.err.status("Checking...") as status:
        yield lambda name, done, total: status.update(f"Checking {name} ({done} of {total})")
