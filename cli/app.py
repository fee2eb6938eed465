"""The command `drill`: runs one command, and turns every error into a sentence.

Imports no typer: `drill list` must come up at once.
"""

import os
import sys
from collections.abc import Sequence

import drill
from drill.cli.listing import print_list
from drill.cli.tools import Tools
from drill.grader.errors import DrillError


def main() -> None:
    """Run the command with the process's arguments."""
    sys.exit(run(sys.argv[1:], Tools()))


def run(arguments: Sequence[str], tools: Tools) -> int:
    """Run one command; returns the exit status, whatever happens."""
    as_json = "--json" in arguments
    try:
        status = _dispatch(list(arguments), tools)
        sys.stdout.flush()
        return status
    except DrillError as fault:
        return _tell(fault, tools, as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes stdout once more at exit, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as fault:
        return _tell(_bug(fault, tools), tools, as_json)


def _dispatch(arguments: list[str], tools: Tools) -> int:
    if arguments in (["list"], ["list", "--json"]):
        print_list(tools, tools.catalog.drills, as_json=len(arguments) > 1)
        return 0
    if arguments[:1] == ["check"]:
        return _check(arguments, tools)
    from drill.cli.commands import invoke

    return invoke(arguments, tools)


def _check(arguments: list[str], tools: Tools) -> int:
    """One grading: the grader starts up while the command does."""
    with tools.service() as service:
        tools.service = lambda: service
        from drill.cli.commands import invoke

        return invoke(arguments, tools)


def _tell(fault: DrillError, tools: Tools, as_json: bool) -> int:
    """Say an error once: as a document on stdout, or as a sentence with its remedy on stderr."""
    if as_json:
        tools.print_json(fault.to_json())
    else:
        lines = [f"drill: {fault.message}", fault.remedy]
        print("\n".join(line for line in lines if line), file=sys.stderr)
    return fault.exit_status


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
