"""The commands and options of `drill`, put together for typer."""

from typing import Annotated

import typer
from typer.main import get_command

import drill
from drill.cli import (
    answers,
    browse,
    check,
    dev,
    doctor,
    grade,
    mock,
    mutants,
    quiz,
    report,
    reset,
    review,
    start,
    transfer,
)
from drill.cli.tools import Tools
from drill.grader.errors import UsageError

# The base of typer's usage errors; typer has no public name for it.
CALL_ERROR: type[Exception] = typer.BadParameter.__mro__[2]


def invoke(arguments: list[str], tools: Tools) -> int:
    """Run the command that the arguments name. Raises UsageError for a wrong call."""
    command = get_command(build(completion=not arguments or arguments[0].startswith("-")))
    try:
        return int(command.main(arguments, "drill", standalone_mode=False, obj=tools) or 0)
    except CALL_ERROR as fault:
        raise _call_error(fault) from fault
    except OSError as fault:
        if "--install-completion" not in arguments:
            raise
        message = f"Completion can't be installed: {fault.filename}: {fault.strerror}."
        remedy = "Put what `drill --show-completion` prints where your shell reads it."
        raise UsageError(message, code="completion", remedy=remedy) from fault
    except typer.Abort:  # The input ended while a command waited for it.
        return 130


def build(completion: bool = True) -> typer.Typer:
    """The commands and their options; those for shell completion cost every command some time."""
    app = typer.Typer(
        help=home.__doc__,
        invoke_without_command=True,
        add_completion=completion,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(home)
    app.command()(start.start)
    app.command("list")(browse.list_drills)
    app.command()(browse.topics)
    app.command()(browse.show)
    app.command()(check.check)
    app.command()(grade.grade)
    app.command()(answers.hint)
    app.command()(answers.solution)
    app.command()(report.report)
    app.command()(review.review)
    app.command()(mock.mock)
    app.command()(quiz.quiz)
    app.command()(reset.reset)
    app.command("export")(transfer.export_history)
    app.command("import")(transfer.import_history)
    app.command()(doctor.doctor)
    authors = typer.Typer(help="Write drills.")
    authors.command()(dev.new)
    authors.command()(dev.verify)
    authors.command()(mutants.mutants)
    app.add_typer(authors, name="dev")
    return app


def _version(wanted: bool) -> None:
    if wanted:
        print(f"drill {drill.__version__}")
        raise typer.Exit


def home(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> int:
    """Interview practice for LLM-inference engineers: every save of your code is graded."""
    if ctx.invoked_subcommand is not None:
        return 0
    tools: Tools = ctx.obj
    suggestion = browse.home(tools)
    if suggestion is None or not tools.interactive:
        return 0
    from drill.cli.keys import press

    print("\nEnter starts it, q quits.", flush=True)
    if press("\nq", otherwise="q") == "q":
        return 0
    return start.open_drill(tools, suggestion, tools.catalog.drills)


def _call_error(fault: Exception) -> UsageError:
    """A wrong call, as typer found it, in our words."""
    message = str(getattr(fault, "message", "")) or str(fault)
    formatted = getattr(fault, "format_message", None)
    near = getattr(fault, "possibilities", None)
    if near:
        return UsageError(f"{message}.", code="usage", remedy=f"Did you mean {' or '.join(near)}?")
    if formatted:
        message = " ".join(formatted().split())
    message, found, names = message.partition(" Did you mean ")
    context = getattr(fault, "ctx", None)
    path = context.command_path if context else "drill"
    remedy = f"Did you mean {names}" if found else f"See `{path} --help`."
    return UsageError(message, code="usage", remedy=remedy)
