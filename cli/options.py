"""Arguments and options that several commands share."""

from typing import Annotated

import typer

from drill.grader.catalog import Catalog


def complete_id(incomplete: str) -> list[str]:
    """The drill ids that begin so, for the shell."""
    return [id for id in Catalog.load().ids if id.startswith(incomplete)]


def complete_topic(incomplete: str) -> list[str]:
    """The topics that begin so, for the shell."""
    return [topic for topic in Catalog.load().topics() if topic.startswith(incomplete)]


def complete_either(incomplete: str) -> list[str]:
    """The topics and drill ids that begin so, for the shell."""
    return complete_topic(incomplete) + complete_id(incomplete)


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
Seed = Annotated[int, typer.Option(min=0, help="Draw other cases; 0 is what everybody gets.")]
