"""`drill review`: what spaced repetition says is due, from a clean start file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from drill.cli import extras
from drill.cli.listing import coloured, count, row, screen_width, table
from drill.cli.options import AsJson, Topic
from drill.cli.quiz import due_cards
from drill.cli.schedule import Standing, local_day
from drill.cli.tools import Tools
from drill.grader.catalog import Drill


def review(
    ctx: typer.Context,
    topic: Topic = None,
    only_list: Annotated[bool, typer.Option("--list", help="Start nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """List the drills that are due for review, and start the first of them.

    A drill comes due some days after a pass, sooner the harder it was, and the
    day after a look at its solution. A review begins with the start file; a copy
    of your old file is kept. Questions that are due again are counted, too.
    """
    tools: Tools = ctx.obj
    scope = tools.catalog.in_topic(topic) if topic else tools.catalog.drills
    waiting = due(scope, tools)
    if as_json:
        tools.print_json(document(waiting, scope, tools))
        return 0
    print("\n".join((*_lines(waiting, scope, tools), *_questions(topic, tools))))
    here = [drill for drill in waiting if not extras.missing(drill, tools)]
    if only_list or not here or not tools.interactive:
        return 0
    return _offer(here[0], waiting, tools)


def _questions(topic: str | None, tools: Tools) -> Iterator[str]:
    """Quiz cards that are due; they belong to no topic."""
    if topic is None and (cards := due_cards(tools)):
        yield f"\n{count(len(cards), 'question')} due again: drill quiz"


def _offer(drill: Drill, waiting: Sequence[Drill], tools: Tools) -> int:
    from drill.cli.keys import press
    from drill.cli.start import open_drill

    print(f"\nEnter starts {drill.id}, q quits.", flush=True)
    if press("\nq", otherwise="q") == "q":
        return 0
    return open_drill(tools, drill, waiting)


def due(drills: Sequence[Drill], tools: Tools) -> list[Drill]:
    """Those that are due today, the one that has waited longest first."""
    today, standings = local_day(tools.now()), tools.standings
    found = [one for one in drills if one.id in standings and standings[one.id].due_on(today)]
    return sorted(found, key=lambda drill: (_when(standings[drill.id]), drill.id))


def prepare(drill: Drill, tools: Tools, review: bool) -> str:
    """See that the start file is there, and for a `review` of a drill that is due, a clean one.

    Returns what the learner should know. Raises UsageError where a file can't be written.
    """
    due = drill.id in tools.due
    if due and review:
        kept = restart(drill, tools)
        return f"This is a review.{f' Your old file is kept: {kept}' if kept else ''}"
    if tools.workspace.write(drill):
        tools.store.record_start(drill.id, review=due)
        return ""
    return "It is due: x begins the review with the start file." if due else ""


def restart(drill: Drill, tools: Tools) -> Path | None:
    """Put the start file back, which begins the review if it is due; the kept copy's path."""
    due = drill.id in tools.due
    kept = None if tools.workspace.untouched(drill) else tools.workspace.reset(drill)
    if due:
        tools.store.record_start(drill.id, review=True)
    return kept


def document(waiting: Sequence[Drill], scope: Sequence[Drill], tools: Tools) -> dict[str, Any]:
    """What is due, and when the next review is, as `--json` prints it."""
    standings, today = tools.standings, local_day(tools.now())
    rows = [
        {
            **row(drill, tools.statuses, standings),
            "overdue_days": (today - local_day(_when(standings[drill.id]))).days,
            "reviews": standings[drill.id].reviews,
            "rating": standings[drill.id].rating,
        }
        for drill in waiting
    ]
    later = _upcoming(scope, tools)
    questions = [card.id for card in due_cards(tools)]
    following = later.isoformat() if later else None
    return {"format": 1, "due": rows, "next": following, "questions": questions}


def _upcoming(scope: Sequence[Drill], tools: Tools) -> datetime | None:
    """When the first review is that is not due yet."""
    today, ids = local_day(tools.now()), {drill.id for drill in scope}
    times = [one.due for id, one in tools.standings.items() if id in ids and one.due]
    return min((at for at in times if local_day(at) > today), default=None)


def _lines(waiting: Sequence[Drill], scope: Sequence[Drill], tools: Tools) -> Iterator[str]:
    later = _upcoming(scope, tools)
    following = f" The next review is on {local_day(later)}." if later else ""
    if not waiting:
        yield f"Nothing is due.{following or ' What you pass comes up for review some days later.'}"
        return
    yield f"{count(len(waiting), 'drill')} due for review.{following}"
    today, standings = local_day(tools.now()), tools.standings
    cells = []
    for drill in waiting:
        own = standings[drill.id]
        late = (today - local_day(_when(own))).days
        since = f"{count(late, 'day')} ago" if late else "today"
        going = "goes on" if own.reviewing else extras.missing(drill, tools) or "-"
        cells.append([drill.id, drill.topic, since, own.rating, str(own.reviews), going])
    head = ["drill", "topic", "due", "last time", "reviews", "note"]
    yield from table(head, cells, screen_width(), coloured())


def _when(standing: Standing) -> datetime:
    assert standing.due is not None
    return standing.due
