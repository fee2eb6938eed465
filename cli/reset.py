"""`drill reset`: start a drill anew; what was there is kept."""

import typer

from drill.cli.options import AsJson, DrillId
from drill.cli.review import restart
from drill.cli.tools import Tools
from drill.grader.errors import UsageError


def reset(ctx: typer.Context, drill_id: DrillId, as_json: AsJson = False) -> None:
    """Put the start file back; a copy of your file is kept, and your progress stays."""
    tools: Tools = ctx.obj
    drill = tools.catalog.find(drill_id)
    workspace = tools.workspace
    path, there = workspace.path(drill), workspace.path(drill).exists()
    fresh = workspace.untouched(drill)
    try:
        kept = restart(drill, tools)
    except UsageError as fault:
        if there:
            place = path if path.exists() else workspace.root / ".kept"
            fault.remedy = f"{fault.remedy} Your file is kept: {place}"
        raise
    if as_json:
        where = {"file": str(path), "kept": str(kept) if kept else None}
        tools.print_json({"format": 1, "drill": drill.id, **where})
        return
    does = "was untouched" if fresh else "is back" if there else "is written"
    print(f"The start file {does}: {path}")
    if kept:
        print(f"Your file is kept: {kept}")
