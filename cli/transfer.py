"""`drill export` and `drill import`: the record as a document, and two records made one."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from drill.cli.history import History
from drill.cli.listing import count
from drill.cli.options import AsJson
from drill.cli.parsing import NewerFormatError, parse
from drill.cli.progress import history
from drill.cli.tools import Tools
from drill.grader.errors import UsageError


def export_history(
    ctx: typer.Context,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Where to; stdout if left out or -.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write your whole record: each attempt with its code and verdict, hints, give-ups.

    `drill import` on another machine adds it to the record there. A FILE that
    exists is left alone without --force. The files of your workspace are not in
    it, but every text that was graded is. With --json and a FILE, stdout says how
    much was written.
    """
    tools: Tools = ctx.obj
    recorded = history(tools)
    text = json.dumps(recorded.to_json(), indent=1) + "\n"
    if file in (None, "-"):
        sys.stdout.write(text)
        return
    path = Path(str(file))
    _write(path, text, force)
    if as_json:
        tools.print_json({"format": 1, "file": str(path), **recorded.counts()})
    else:
        print(f"Written: {_amount(recorded)}, to {path}.")
        print(f"On another machine: drill import {path.name}")


def _write(path: Path, text: str, force: bool) -> None:
    """Write a whole file or nothing; over another only by `force`."""
    try:
        if force and path.exists() and not path.is_file():  # A pipe, say.
            path.write_text(text, encoding="utf-8")
            return
        if not force:
            path.open("x").close()
        _replace(path.resolve(), text, new=not force)
    except FileExistsError as fault:
        raise UsageError(
            f"There is a file {path} already.",
            code="file-exists",
            remedy="Name another, or overwrite it with --force.",
        ) from fault
    except (OSError, ValueError) as fault:
        raise UsageError(
            f"{path} can't be written: {_why(fault)}.",
            code="unwritable",
            remedy="Name a file in a folder that can be written and has space.",
        ) from fault


def _replace(path: Path, text: str, new: bool) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        if new:
            path.unlink(missing_ok=True)
        raise


def import_history(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What `drill export` wrote; - is stdin.")
    ],
    as_json: AsJson = False,
) -> None:
    """Merge another record into yours: nothing is lost, nothing comes twice.

    Importing a file again changes nothing. A broken file is refused as a whole.
    """
    tools: Tools = ctx.obj
    other = _read(file)
    try:
        new = tools.store.merge(other)
    except ValueError as fault:
        raise UsageError(
            f"{_name(file)} and your record contradict each other: {fault}. Nothing was imported.",
            code="contradiction",
            remedy="It was changed after the export: export it again on the other machine.",
        ) from fault
    unknown = sorted({row.drill for row in other.rows()} - {"", *tools.catalog.ids})
    if as_json:
        known = {key: number - new.counts()[key] for key, number in other.counts().items()}
        more = {"new": new.counts(), "known": known, "unknown_drills": unknown}
        tools.print_json({"format": 1, "file": file, **more})
    else:
        print(_outcome(new, other))
        if unknown:
            print(f"Kept, though this version has no such drill: {', '.join(unknown)}")


def _read(file: str) -> History:
    """The history in a file. Raises UsageError where there is none."""
    try:
        text = (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode()
        return parse(json.loads(text))
    except OSError as fault:
        raise UsageError(
            f"{file} can't be read: {_why(fault)}.",
            code="unreadable",
            remedy="Name a file that `drill export` wrote.",
        ) from fault
    except NewerFormatError as fault:
        raise UsageError(
            f"{_name(file)} was written by a newer drill: {fault}. Nothing was imported.",
            code="export-newer",
            remedy="Update with `pip install -U drill-gym`, then import it again.",
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise UsageError(
            f"{_name(file)} is no record that `drill export` wrote: {_why(fault)}."
            " Nothing was imported.",
            code="export-broken",
            remedy="Write it again on the other machine: drill export FILE",
        ) from fault


def _why(fault: Exception) -> str:
    """What is wrong, in a few words."""
    if isinstance(fault, OSError):
        return fault.strerror or str(fault)
    if isinstance(fault, json.JSONDecodeError):
        return f"it is cut off, or no JSON, at line {fault.lineno}"
    if isinstance(fault, UnicodeDecodeError):
        return "it is not UTF-8"
    return "it is nested too deep" if isinstance(fault, RecursionError) else str(fault)


def _name(file: str) -> str:
    return "What came on stdin" if file == "-" else file


def _outcome(new: History, other: History) -> str:
    known = len(other.rows()) - len(new.rows())
    if not new.rows():
        return f"Nothing is new: {_amount(other)} {'were' if known != 1 else 'was'} here already."
    rest = f"; {known} more were here already" if known else ""
    return f"New: {_amount(new)}{rest}."


def _amount(some: History) -> str:
    nouns = {"attempts": "attempt", "hints": "hint", "give_ups": "give-up"}
    counts = some.counts()
    words = [count(counts[key], noun) for key, noun in nouns.items()]
    words += [count(some.counts()["rounds"], "round")] * bool(some.rounds)
    return f"{', '.join(words[:-1])} and {words[-1]}"
