"""The command `drill`: its parts, and the one place where errors become sentences."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperCommand
from typer.main import get_command

import drill
from drill.cli import answers, browse, check, dev, doctor, grade, start
from drill.cli.tools import Tools
from drill.grader.errors import DrillError, UsageError

# The base of typer's usage errors; typer has no public name for it.
CALL_ERROR: type[Exception] = typer.BadParameter.__mro__[2]


class Quick(TyperCommand):
    """A command that takes its defaults as they are when it is called without arguments.

    Typer validates even those with pydantic, whose import takes as long as `drill list` does.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Parse what was given, if anything was."""
        if args:
            return super().parse_args(ctx, args)
        ctx.params = {param.name: param.default for param in self.params if param.expose_value}
        return []


def main() -> None:
    """Run the command with the process's arguments."""
    sys.exit(run(sys.argv[1:], Tools()))


def run(arguments: Sequence[str], tools: Tools) -> int:
    """Run one command; returns the exit status, whatever happens."""
    as_json = "--json" in arguments
    try:
        command = get_command(build(completion=not arguments or arguments[0].startswith("-")))
        status = command.main(list(arguments), "drill", standalone_mode=False, obj=tools)
        sys.stdout.flush()
        return int(status or 0)
    except DrillError as fault:
        return _tell(fault, tools, as_json)
    except CALL_ERROR as fault:
        return _tell(_call_error(fault), tools, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        # Python flushes stdout once more at exit, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as fault:
        return _tell(_bug(fault, tools), tools, as_json)


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
    app.command("list", cls=Quick)(browse.list_drills)
    app.command()(browse.topics)
    app.command()(browse.show)
    app.command()(check.check)
    app.command()(grade.grade)
    app.command()(answers.hint)
    app.command()(answers.solution)
    app.command()(doctor.doctor)
    authors = typer.Typer(help="Write drills.")
    authors.command()(dev.new)
    authors.command()(dev.verify)
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


def _tell(fault: DrillError, tools: Tools, as_json: bool) -> int:
    """Say an error once: as a document on stdout, or as a sentence with its remedy on stderr."""
    if as_json:
        tools.print_json(fault.to_json())
    else:
        lines = [f"drill: {fault.message}", fault.remedy]
        print("\n".join(line for line in lines if line), file=sys.stderr)
    return fault.exit_status


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


def _bug(fault: Exception, tools: Tools) -> DrillError:
    """An error that nobody foresaw; its traceback goes to a file."""
    import traceback

    text = "".join(traceback.format_exception(fault))
    log = tools.state / "errors.log"
    remedy = f"The traceback is in {log}; please report it."
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{tools.now().isoformat()} drill {drill.__version__}\n{text}\n")
    except OSError:
        print(text, file=sys.stderr)
        remedy = "The traceback stands above; please report it."
    message = f"This is a bug in drill: {type(fault).__name__}: {fault}"
    return DrillError(message, code="bug", remedy=remedy)
