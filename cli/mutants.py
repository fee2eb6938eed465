"""`drill dev mutants`: do a drill's checks see small changes of its solution?"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import chain
from math import floor
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from drill.cli import extras
from drill.cli.listing import coloured, count, paint
from drill.cli.options import AsJson, complete_id
from drill.cli.tools import Tools
from drill.grader.catalog import Drill

if TYPE_CHECKING:
    from drill.grader.service import Service
    from drill.grader.survivors import Progress, Score, Survivor

HINT = (
    "each survivor shows a case that the checks lack. One that behaves as the\n"
    "solution does goes into mistakes.yaml, under `equivalent`, with the reason."
)
WIDTH = 80
COLOURS = {"+": "32", "-": "31", "@": "36"}


def mutants(
    ctx: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...", help="The drills; all if left out.", autocompletion=complete_id
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Choose other mutants of the solution.")] = 0,
    least: Annotated[
        float | None,
        typer.Option(min=0, max=100, metavar="PERCENT", help="Fail if fewer are caught."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Change each solution in small ways, and show the changes that its checks let through."""
    tools: Tools = ctx.obj
    drills = [tools.catalog.find(id) for id in ids] if ids else tools.catalog.drills
    scores = []
    for score in run(tools, drills, seed):
        scores.append(score)
        if not as_json:
            show(score)
    if as_json:
        tools.print_json({"format": 1, "drills": [document(score) for score in scores]})
    elif any(score.survivors for score in scores):
        tools.warn(HINT)
    percents = [score.percent for score in scores if score.percent is not None]
    return int(any(percent < (least or 0) for percent in percents))


def run(tools: Tools, drills: Sequence[Drill], seed: int) -> "Iterator[Score]":
    """Each drill's score, as soon as it is known."""
    from drill.grader.survivors import Score, score

    with tools.service() as service:
        for drill in drills:
            if extras.missing(drill, tools):
                yield Score(drill.id, 0, 0, ())
                continue
            with progress_line(tools, drill) as progress:
                found = score(drill, cast("Service", service), seed, progress)
            yield found


@contextmanager
def progress_line(tools: Tools, drill: Drill) -> "Iterator[Progress | None]":
    """A line on standard error, if that is a terminal, that counts the mutants graded."""
    if not sys.stderr.isatty():
        yield None
        return
    with tools.err.status(f"{drill.id}...") as status:
        yield lambda done, total: status.update(f"{drill.id}: {done} of {count(total, 'mutant')}")


def document(score: "Score") -> dict[str, Any]:
    """A drill's score as `--json` gives it."""
    percent = score.percent
    return {
        "drill": score.drill,
        "mutants": score.mutants,
        "caught": score.caught,
        "equivalent": score.equivalent,
        "score": None if percent is None else round(percent, 2),
        "survivors": [asdict(one) for one in score.survivors],
    }


def show(score: "Score") -> None:
    """Print a drill's score, and each survivor as `survivor_lines` does."""
    if score.percent is None:
        print(f"{score.drill}: no mutant can be graded here", flush=True)
        return
    equivalent = f", {score.equivalent} equivalent" if score.equivalent else ""
    graded = count(score.caught + len(score.survivors), "mutant")
    percent = floor(score.percent * 10) / 10  # so that 96.97 is not shown as 97.0
    print(f"{score.drill}: {percent:.1f}% ({score.caught} of {graded} caught{equivalent})")
    for survivor in score.survivors:
        print(*survivor_lines(survivor, coloured()), sep="\n")
    print(end="\n" if score.survivors else "", flush=True)


def wrapped(code: str) -> list[str]:
    """Code as lines of folded YAML, which reads a line's end as a space."""
    indent = "    "
    return wrap(
        code,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def survivor_lines(survivor: "Survivor", colour: bool) -> Iterator[str]:
    """A survivor's entry for mistakes.yaml, which lacks the reason, and its diff."""
    before, _, after = survivor.mutant.partition(" -> ")
    yield ""
    yield "- mutant: >-"
    if len(survivor.mutant) <= WIDTH - 4:
        yield from wrapped(survivor.mutant)
    else:
        yield from chain(wrapped(before), wrapped(f"-> {after}"))
    yield "  reason: ''"
    for line in survivor.diff.splitlines():
        yield paint(line, COLOURS[line[0]], colour) if line[0] in COLOURS else line
