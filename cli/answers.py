"""`drill hint` and `drill solution`: help in steps, and the answer after a pass."""

from typing import Annotated

import typer

from drill.cli.options import AsJson, DrillId
from drill.cli.progress import is_done
from drill.cli.tools import Tools
from drill.grader.catalog import Drill, read_text
from drill.grader.errors import UsageError


def hint(ctx: typer.Context, drill_id: DrillId, as_json: AsJson = False) -> None:
    """Show the next of a drill's three hints; the last is nearly the answer."""
    tools: Tools = ctx.obj
    drill = tools.catalog.find(drill_id)
    level, text = next_hint(tools, drill)
    total = len(drill.hints)
    if as_json:
        tools.print_json({"format": 1, "drill": drill.id, "hint": level, "of": total, "text": text})
        return
    from drill.cli import render

    tools.say(render.hint(text, level, total))


def next_hint(tools: Tools, drill: Drill) -> tuple[int, str]:
    """The next hint with its number, recorded; the last one again after that."""
    shown = tools.store.hints_shown(drill.id)
    level = min(shown + 1, len(drill.hints))
    if level > shown:
        tools.store.record_hint(drill.id, level)
    return level, drill.hints[level - 1]


def solution(
    ctx: typer.Context,
    drill_id: DrillId,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Show it before a pass; this is recorded.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the code and nothing else.")] = False,
) -> None:
    """Show a drill's solution and the follow-up questions, after a pass."""
    tools: Tools = ctx.obj
    drill = tools.catalog.find(drill_id)
    gave_up = tools.statuses.get(drill.id) == "gave up"
    if not (gave_up or is_done(tools, drill)):
        if not give_up:
            raise UsageError(
                f"{drill.id} is not passed yet.",
                code="not-passed",
                remedy=f"Pass it first, or run `drill solution {drill.id} --give-up`.",
            )
        tools.store.record_give_up(drill.id)
    text = read_text(drill.best_solution_path)
    if raw:
        print(text, end="")
        return
    from drill.cli import render

    tools.say(render.solution(text, drill.followups))
