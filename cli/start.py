"""`drill start`: pick a drill, put its file into the workspace, grade every save."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated

import typer

from drill.cli import check, extras
from drill.cli.browse import suggest
from drill.cli.options import complete_either
from drill.cli.review import prepare
from drill.cli.tools import Tools
from drill.grader.catalog import Drill
from drill.grader.errors import UsageError

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[TOPIC or ID]",
        help="Its next open drill, or this drill; the next of all if left out.",
        autocompletion=complete_either,
    ),
]


def start(ctx: typer.Context, name: Name = None) -> int:
    """Open the next drill; every save of your file is graded."""
    tools: Tools = ctx.obj
    drill, scope = choose(tools, name)
    if drill is None:
        print(f"Every drill {f'of {name} ' if name else ''}is passed; name one to do it again.")
        return 0
    return open_drill(tools, drill, scope, review=name != drill.id)


def open_drill(tools: Tools, drill: Drill, scope: Sequence[Drill], review: bool = True) -> int:
    """A session at a terminal; elsewhere one grading, with its exit status.

    With `review` a drill that is due begins with the start file.
    """
    from drill.cli.keys import orderly_end

    if not tools.interactive:
        return _once(tools, drill, review)
    with orderly_end():
        new = not tools.workspace.root.exists()
        aside = prepare(drill, tools, review)
        if new:
            _welcome(tools)
        last = _session(tools, drill, scope, aside)
    _farewell(tools, last)
    return 0


def choose(tools: Tools, name: str | None) -> tuple[Drill | None, Sequence[Drill]]:
    """The drill to open (None if all are passed), and those among which the next are picked.

    Raises UsageError for an unknown name, NotGradableError where nothing can be graded here.
    """
    catalog = tools.catalog
    if name in catalog.ids:
        drill = catalog.find(name)
        if advice := extras.missing(drill, tools):
            raise extras.lacks(f"{drill.id} can't be graded on this machine.", advice)
        return drill, catalog.in_topic(drill.topic)
    if name is not None and name not in catalog.topics():
        raise _unknown(tools, name)
    scope = catalog.in_topic(name) if name else catalog.drills
    if not tools.interactive:  # A session says it on its screen.
        for line in left_out(tools, scope):
            tools.warn(line)
    chosen = suggest(scope, tools)
    if chosen is None and (lacking := [d for d in scope if extras.missing(d, tools)]):
        message = "The drills that are left can't be graded on this machine."
        raise extras.lacks(message, extras.missing(lacking[0], tools))
    return chosen, scope


def _unknown(tools: Tools, name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, [*tools.catalog.topics(), *tools.catalog.ids])
    remedy = f"Did you mean {' or '.join(near)}?" if near else "See `drill list`."
    return UsageError(f"There is no topic or drill {name!r}.", code="unknown-drill", remedy=remedy)


def left_out(tools: Tools, scope: Sequence[Drill]) -> list[str]:
    """The drills that are left out on this machine, in a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for drill in scope:
        if advice := extras.missing(drill, tools):
            reasons.setdefault(advice, []).append(drill.id)
    return [f"left out: {', '.join(ids)} ({advice})" for advice, ids in reasons.items()]


def _once(tools: Tools, drill: Drill, review: bool) -> int:
    if told := prepare(drill, tools, review):
        tools.warn(told)
    path = tools.workspace.path(drill)
    print(path, flush=True)
    job = tools.job_for(drill, path)
    with tools.service() as service:
        result = service.grade(job)
    check.record(tools, result, job.source, path)
    check.show(tools, result, as_json=False)
    return result.exit_status


def _welcome(tools: Tools) -> None:
    from drill.cli.keys import press
    from drill.cli.texts import link

    tools.out.print("Your files are in ", link(tools.workspace.root), sep="")
    tools.out.print(
        "(DRILL_WORKSPACE names another folder.) They are yours: drill never overwrites one."
    )
    tools.out.print("Open them in any editor. Every save is graded here.\n\nPress Enter to begin.")
    press("\n", otherwise="\n")


def _session(tools: Tools, drill: Drill, scope: Sequence[Drill], aside: str) -> Drill:
    """Let the learner work until they quit; returns the drill that was open last."""
    from drill.cli.events import Saved
    from drill.cli.keys import Terminal, overheard, watching
    from drill.cli.watch import Session

    with ExitStack() as stack:
        stack.enter_context(overheard(lambda event: terminal.post(event)))
        service = stack.enter_context(tools.service())
        stack.enter_context(service.keeping())
        terminal = stack.enter_context(Terminal())
        stack.enter_context(watching(tools.workspace.root, lambda: terminal.post(Saved())))
        session = Session(tools, service, terminal, scope)
        if not aside and (lines := left_out(tools, scope)):
            aside = f"Here are {'; '.join(lines)}."
        session.run(drill, aside)
        return session.drill


def _farewell(tools: Tools, drill: Drill) -> None:
    from drill.cli.views import farewell

    try:
        for line in farewell(drill, tools):
            tools.say(line)
    except OSError:  # The terminal is gone; what waits to be written to it would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
