"""Arguments and options that several commands share."""

from typing import Annotated

import typer

from drill.cli.tools import Tools
from drill.grader.formats import LEVELS


def complete_id(ctx: typer.Context, incomplete: str) -> list[str]:
    """The drill ids that begin so, for the shell; no drill's file is read for it."""
    tools: Tools = ctx.obj
    return [id for id in tools.catalog.ids if id.startswith(incomplete)]


def complete_topic(ctx: typer.Context, incomplete: str) -> list[str]:
    """The topics that begin so, for the shell."""
    tools: Tools = ctx.obj
    return [topic for topic in tools.catalog.topics() if topic.startswith(incomplete)]


def complete_either(ctx: typer.Context, incomplete: str) -> list[str]:
    """The topics and drill ids that begin so, for the shell."""
    return complete_topic(ctx, incomplete) + complete_id(ctx, incomplete)


def complete_level(incomplete: str) -> list[str]:
    """The levels that begin so, for the shell."""
    return [level for level in LEVELS if level.startswith(incomplete)]


DrillId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The drill; `drill list` shows all.", autocompletion=complete_id
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Topic = Annotated[
    str | None,
    typer.Option(metavar="TOPIC", help="Only this topic.", autocompletion=complete_topic),
]
Level = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL",
        help="Only easy, medium or hard drills.",
        autocompletion=complete_level,
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Draw other cases; 0 is what everybody gets.")]
