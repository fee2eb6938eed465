"""`drill doctor`: what is installed and active on this machine."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import get_terminal_size, which
from typing import TYPE_CHECKING, Any

import typer

import drill
from drill.cli import extras
from drill.cli.options import AsJson
from drill.cli.tools import Tools
from drill.grader.errors import DrillError

if TYPE_CHECKING:
    from rich.console import RenderableType

PACKAGES = ("torch", "triton", "hypothesis", "numpy", "typer", "rich", "watchfiles")


def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show what is installed and active: packages, GPU, sandbox, extras, editor, folders."""
    tools: Tools = ctx.obj
    report = examine(tools)
    if as_json:
        tools.print_json({"format": 1, **report})
        return
    tools.say(page(report))


def examine(tools: Tools) -> dict[str, Any]:
    """The findings, as `--json` prints them; nothing that fails here is an error."""
    return {
        "drill": drill.__version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in PACKAGES},
        "gpu": gpu(tools),
        "sandbox": [list(layer) for layer in sandbox(tools)],
        "extras": {
            name: {"installed": extras.has(name, tools.installed), "command": extras.command(name)}
            for name in extras.MODULES
        },
        "editor": tools.editor or None,
        "folders": {"state": folder(tools.state), "workspace": folder(tools.workspace.root)},
        "terminal": terminal(tools.environ),
        "drills": len(tools.catalog.ids),
    }


def version(package: str) -> str | None:
    """A package's version, read without importing it; None if it isn't installed."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def gpu(tools: Tools) -> str | None:
    """The GPUs as the driver names them; None if there are none."""
    if not tools.gpu():
        return None
    command = which("nvidia-smi")
    if command is None:
        return "a device file, but no nvidia-smi"
    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        found = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as fault:
        return f"nvidia-smi failed: {fault}"
    return "; ".join(found.stdout.split("\n")).rstrip("; ")


def sandbox(tools: Tools) -> list[tuple[str, str]]:
    """The sandbox's layers and their state, as the grader finds them."""
    try:
        with tools.service() as service:
            return service.sandbox()
    except DrillError as fault:
        return [("grader", f"it can't start: {fault.message}")]


def folder(path: Path) -> dict[str, object]:
    """Where a folder is, and whether it can be written (or made)."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return {"path": str(path), "exists": path.exists(), "writable": writable}


def terminal(environ: Mapping[str, str]) -> dict[str, object]:
    """What is known of the terminal."""
    size = get_terminal_size((80, 24))
    return {
        "type": environ.get("TERM"),
        "columns": size.columns,
        "lines": size.lines,
        "input": sys.stdin.isatty(),
        "output": sys.stdout.isatty(),
        "colour": not environ.get("NO_COLOR") and environ.get("TERM") not in (None, "dumb"),
    }


def page(report: Mapping[str, Any]) -> "RenderableType":
    """What `drill doctor` found."""
    from rich.table import Table
    from rich.text import Text

    from drill.cli.texts import screen

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, lines in _findings(report):
        table.add_row(name, Text("\n".join(lines)))
    return screen(table)


def _findings(report: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    yield "drill", [f"{report['drill']}, {report['drills']} drills"]
    yield "python", [report["python"], f"{report['platform']}, {report['cores']} cores"]
    packages = report["packages"].items()
    yield "packages", [", ".join(f"{name} {version or 'is missing'}" for name, version in packages)]
    yield "GPU", [report["gpu"] or "none: what needs one is not graded here"]
    yield "sandbox", [f"{layer}: {state}" for layer, state in report["sandbox"]]
    extras = report["extras"].items()
    have = [name for name, extra in extras if extra["installed"]]
    yield (
        "extras",
        [f"installed: {', '.join(have) or 'none'}"]
        + [
            f"{name} is missing: {extra['command']}"
            for name, extra in extras
            if not extra["installed"]
        ],
    )
    yield "editor", [report["editor"] or "none: set DRILL_EDITOR, VISUAL or EDITOR"]
    for name, folder in report["folders"].items():
        state = "writable" if folder["writable"] else "not writable"
        yield name, [f"{folder['path']} ({state}{'' if folder['exists'] else ', not there yet'})"]
    yield "terminal", [_terminal(report["terminal"])]


def _terminal(facts: Mapping[str, Any]) -> str:
    both = facts["input"] and facts["output"]
    keys = "keys work" if both else "no terminal: `drill start` grades once and ends"
    colour = "colour" if facts["colour"] else "no colour"
    return f"{facts['type'] or 'unknown'}, {facts['columns']} x {facts['lines']}, {colour}, {keys}"
