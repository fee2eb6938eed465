"""`drill dev`: what authors of drills use."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

import drill as package
from drill.cli.listing import count
from drill.cli.options import AsJson, complete_id
from drill.cli.tools import Tools
from drill.grader.catalog import ID, TOPIC, Drill
from drill.grader.errors import UsageError

if TYPE_CHECKING:
    from drill.grader.contract import Finding
    from drill.grader.service import Service

# Template -> where it goes, under the checkout.
FILES = {
    "drill.yaml": "drills/{topic}/{id}",
    "statement.md": "drills/{topic}/{id}",
    "stub.py": "drills/{topic}/{id}",
    "checks.py": "drills/{topic}/{id}",
    "solution.py": "reference/{topic}/{id}",
    "mistakes.yaml": "reference/{topic}/{id}",
    "rows.py": "reference/{topic}/{id}/right",
    "contraction.py": "reference/{topic}/{id}/right",
}


def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TOPIC/ID", help="The new drill's topic and id.")],
) -> None:
    """Write the files of a new drill: a small one that works, to be edited."""
    tools: Tools = ctx.obj
    topic, id = _split(tools, name)
    root = checkout(tools)
    for path in scaffold(root, topic, id):
        print(path)
    tools.warn(f"edit these files, then run `drill dev verify {id}`.")


def _split(tools: Tools, name: str) -> tuple[str, str]:
    topic, _, id = name.partition("/")
    if not (re.fullmatch(TOPIC, topic) and re.fullmatch(ID, id)) or topic == "cards":
        raise UsageError(
            f"{name!r} is not TOPIC/ID.",
            code="bad-name",
            remedy="Both are small letters and digits, with _ in an id and - in a topic.",
        )
    if id in tools.catalog.ids:
        taken = tools.catalog.find(id)
        raise UsageError(f"The id {id!r} is taken: {taken.folder}", code="taken")
    return topic, id


def checkout(tools: Tools) -> Path:
    """The repository's folder; UsageError where drill is not installed from one."""
    folder = tools.root or Path(package.__path__[0])
    root = (folder / "drills").resolve().parent
    if not (root / "pyproject.toml").is_file() or not os.access(root / "drills", os.W_OK):
        raise UsageError(
            f"New drills are written into a checkout, and {root} is none.",
            code="no-checkout",
            remedy="Clone the repository, and run `pip install -e .` in it.",
        )
    return root


def scaffold(root: Path, topic: str, id: str) -> list[Path]:
    """Write a drill's files from the templates; the paths, in the order to edit them."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    templates = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, keep_trailing_newline=True
    )
    title = id.replace("_", " ").capitalize()
    written = []
    for file, place in FILES.items():
        path = root / place.format(topic=topic, id=id) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = templates.get_template(f"{file}.j2").render(topic=topic, id=id, title=title)
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
        written.append(path)
    return written


def verify(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", help="The drills; all if left out.", autocompletion=complete_id
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check what every drill owes: 0 if nothing is wrong, else 1."""
    from drill.grader.contract import verify as verify_drill

    tools: Tools = ctx.obj
    drills = [tools.catalog.find(id) for id in ids] if ids else tools.catalog.drills
    with tools.service() as service:

        def look(drill: Drill) -> "Sequence[Finding]":
            tell = None if as_json else (lambda step: tools.warn(f"{drill.id}: {step}"))
            return verify_drill(drill, cast("Service", service), tell)

        return report(tools, drills, look, as_json)


def report(
    tools: Tools,
    drills: Iterable[Drill],
    look: "Callable[[Drill], Sequence[Finding]]",
    as_json: bool,
) -> int:
    """Print each drill's findings as they come; 1 if one of them is an error."""
    documents, wrong = [], False
    for drill in drills:
        rows = [asdict(finding) for finding in look(drill)]
        wrong = wrong or any(row["severity"] == "error" for row in rows)
        documents.append({"drill": drill.id, "findings": rows})
        if not as_json:
            print(f"{drill.id}: {count(len(rows), 'finding') if rows else 'ok'}")
            for row in rows:
                print(f"  {row['severity']}: {row['message']}", flush=True)
    if as_json:
        tools.print_json({"format": 1, "drills": documents})
    return 1 if wrong else 0
