"""The tables of drills and topics, without typer and rich: they must come up at once."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from shutil import get_terminal_size

from drill.cli.tools import Tools
from drill.grader.catalog import Drill

STYLES = {"passed": "32", "tried": "33", "gave up": "35", "new": "2"}


def print_list(tools: Tools, drills: Sequence[Drill], as_json: bool) -> None:
    """Print drills as a table or a document."""
    statuses = tools.statuses
    if as_json:
        rows = [row(drill, statuses) for drill in drills]
        tools.print_json({"format": 1, "drills": rows})
        return
    width = get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
    lines = drill_lines(drills, statuses, width, coloured())
    sys.stdout.writelines(f"{line}\n" for line in lines)


def row(drill: Drill, statuses: Mapping[str, str]) -> dict[str, object]:
    """A drill as `--json` lists it."""
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
        "due": None,
    }


def drill_lines(
    drills: Sequence[Drill], statuses: Mapping[str, str], width: int, colour: bool
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
            mark = paint(status, STYLES[status], colour)
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
