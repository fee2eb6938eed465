"""The tables of drills and topics, without typer and rich: they must come up at once."""

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from drill.cli.tools import Tools
from drill.grader.catalog import Drill

if TYPE_CHECKING:
    from drill.cli.schedule import Standing

STYLES = {"passed": "32", "tried": "33", "gave up": "35", "new": "2"}


def print_list(tools: Tools, drills: Sequence[Drill], as_json: bool) -> None:
    """Print drills as a table or a document."""
    statuses = tools.statuses
    if as_json:
        standings = tools.standings
        rows = [row(drill, statuses, standings) for drill in drills]
        tools.print_json({"format": 1, "drills": rows})
        return
    lines = drill_lines(drills, statuses, screen_width(), coloured(), tools.due)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def row(
    drill: Drill, statuses: Mapping[str, str], standings: Mapping[str, "Standing"]
) -> dict[str, object]:
    """A drill as `--json` lists it."""
    due = standings[drill.id].due if drill.id in standings else None
    return {
        "id": drill.id,
        "title": drill.title,
        "topic": drill.topic,
        "level": drill.level,
        "minutes": drill.minutes,
        "questions": list(drill.questions),
        "extra": drill.extra,
        "gpu": drill.gpu,
        "status": statuses.get(drill.id, "new"),
        "due": due.isoformat() if due else None,
    }


def drill_lines(
    drills: Sequence[Drill],
    statuses: Mapping[str, str],
    width: int,
    colour: bool,
    due: Collection[str],
) -> Iterable[str]:
    """The table's lines; titles are cut so that nothing is wider than `width`."""
    ids = max((len(drill.id) for drill in drills), default=0)
    room = max(12, width - ids - 30)
    titles = min(room, max((len(drill.title) for drill in drills), default=0))
    for topic, members in groupby(drills, key=lambda drill: drill.topic):
        yield paint(topic, "1", colour)
        for drill in members:
            status = statuses.get(drill.id, "new")
            title = cut(drill.title, titles).ljust(titles)
            facts = f"{drill.level:6}  {drill.minutes:3} min"
            mark = paint("due" if drill.id in due else status, STYLES[status], colour)
            yield f"  {drill.id:{ids}}  {title}  {facts}  {mark}"
    passed = sum(statuses.get(drill.id) == "passed" for drill in drills)
    yield f"{count(len(drills), 'drill')}, {passed} passed"


def print_topics(rows: Iterable[Mapping[str, object]]) -> None:
    """Print a line a topic."""
    rows = list(rows)
    names = max((len(str(row["topic"])) for row in rows), default=0)
    for row in rows:
        counts = f"{row['passed']:3} of {row['drills']:3} passed  {row['minutes']:4} minutes"
        print(f"{row['topic']:{names}}  {counts}")


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, colour: bool
) -> Iterator[str]:
    """Lines with columns, numbers to the right; the last columns go where `width` is too small."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    while len(widths) > 1 and sum(widths) + 2 * len(widths) - 2 > width:
        widths.pop()
    number = [
        all(row[place].isdigit() or row[place] == "-" for row in rows)
        for place, _ in enumerate(head)
    ]
    yield paint(_aligned(head, widths, number, False), "2", colour)
    for row in rows:
        yield _aligned(row, widths, number, colour)


def _aligned(
    cells: Sequence[str], widths: Sequence[int], number: Sequence[bool], colour: bool
) -> str:
    """One of the lines; a status has its colour."""
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, number, strict=False)
    ]
    padded[-1] = padded[-1].rstrip()
    painted = zip(cells, padded, strict=False)
    return "  ".join(
        paint(text, STYLES.get(cell, "0"), colour and cell in STYLES) for cell, text in painted
    )


def screen_width() -> int:
    """How many columns there are; 80 where nobody looks."""
    return get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80


def coloured() -> bool:
    """Whether standard output wants colour."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown")
    return sys.stdout.isatty() and not plain


def paint(text: str, style: str, colour: bool) -> str:
    """`text` in an ANSI style, if colour is wanted."""
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it must be."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def cut(text: str, width: int) -> str:
    """`text` in at most `width` characters."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
