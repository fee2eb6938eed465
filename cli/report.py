"""`drill report`: how far you are, by topic and by drill."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from drill.cli.browse import suggest
from drill.cli.extras import command, has, lacks
from drill.cli.history import History, stamp
from drill.cli.insights import insights
from drill.cli.listing import coloured, count, cut, screen_width, table
from drill.cli.options import AsJson
from drill.cli.progress import Progress, Streak, by_drill, history, practised, streak
from drill.cli.quiz import due_cards, load, section_of
from drill.cli.schedule import Standing, local_day
from drill.cli.tools import Tools
from drill.grader.catalog import Drill

# The widest a check's name is shown.
CHECKS = 28


def report(
    ctx: typer.Context,
    html: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write it as a page that works offline, with plots."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show your progress: the streak, each topic, and each drill you worked on.

    What you graded outside the workspace is recorded, but changes nothing here.
    """
    tools: Tools = ctx.obj
    recorded = history(tools)
    progress = by_drill(recorded, tools.statuses)
    practised = progress or recorded.answers or recorded.rounds
    if html or as_json:
        facts = document(tools, progress) | insights_of(tools, recorded)
        if html:
            _write_page(tools, facts, Path(html))
        if as_json:
            tools.print_json(facts)
        elif html:
            print(f"Written: {html}")
        return
    if practised:
        facts = document(tools, progress) | insights_of(tools, recorded)
        drills = ("", *_drills(tools, progress)) if progress else ()
        lines = (*_summary(facts["totals"]), "", *_topics(facts), *drills)
        print("\n".join((*lines, *_more(facts))))
    else:
        print("No attempt of yours is recorded yet.")
    if following := suggest(tools.catalog.drills, tools):
        print(
            f"\nNext: drill start {following.id}"
            if practised
            else f"Begin: drill start {following.id}"
        )


def insights_of(tools: Tools, recorded: History) -> dict[str, Any]:
    """What goes beyond counts: see drill.cli.insights."""
    moments = tools.store.moments() if recorded.rows() else []
    known = {drill.id: drill for drill in tools.catalog.drills}
    sections = {card.id: section_of(card) for card in load(tools.catalog.root)}
    today = local_day(tools.now())
    return insights(recorded, moments, tools.standings, known, sections, today)


def _write_page(tools: Tools, facts: Mapping[str, Any], path: Path) -> None:
    from drill.cli import page

    if not has("plot", tools.installed):
        raise lacks("The page's plots need a library that is not installed.", command("plot"))
    page.write(path, page.page(facts, local_day(tools.now())))


def _more(facts: Mapping[str, Any]) -> Iterator[str]:
    """The quiz, weak topics, mistakes made again, the last rounds and measured times."""
    yield from _quiz(facts["quiz"])
    if weak := facts["weak_topics"][:3]:
        words = [f"{row['topic']} ({row['failed']} of {row['attempts']})" for row in weak]
        yield from ("", f"Most gradings fail in {', '.join(words)}.")
    often = [row for row in facts["mistakes"] if row["times"] > 1][:3]
    if often:
        yield from ("", "Mistakes you made more than once:")
        for row in often:
            made = f"{row['times']} times in {count(len(row['drills']), 'drill')}"
            yield f"  {made}: {_printable(row['says'], screen_width() - len(made) - 4)}"
    yield from _speeds(facts["speeds"])
    if rounds := facts["rounds"][-3:]:
        yield from ("", "Timed rounds:")
        for row in rounds:
            passed = row["design"] or f"{row['passed']} of {len(row['drills'])} passed"
            yield f"  {row['began'][:10]}  {row['minutes']} minutes  {passed}  {row['signal']}"


def _speeds(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The last time that was measured of each drill."""
    last = {row["drill"]: row for row in rows}
    if last:
        yield from ("", "Your time as a multiple of the reference's:")
        for row in list(last.values())[-5:]:
            yield f"  {row['drill']} {row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _quiz(sections: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was answered of the quiz, if anything."""
    if not any(row["answered"] for row in sections):
        return
    cells = [
        [
            row["section"],
            f"{row['answered']} of {row['questions']}",
            f"{row['made']} of {row['points']}" if row["answered"] else "-",
        ]
        for row in sections
    ]
    head = ["quiz", "answered", "points when last asked"]
    yield from ("", *table(head, cells, screen_width(), coloured()))


def document(tools: Tools, progress: Sequence[Progress]) -> dict[str, Any]:
    """The report as `--json` prints it."""
    known = {drill.id: drill for drill in tools.catalog.drills}
    times = practised(tools)
    current = streak(times, tools.now())
    totals = {
        **standing(tools.catalog.drills, tools.statuses),
        "attempts": sum(one.attempts for one in progress),
        "hints": sum(one.hints for one in progress),
        "days": len({local_day(at) for at in times}),
        "streak": {"days": current.days, "today": current.today},
        "due": len(tools.due & known.keys()),
        "questions_due": len(due_cards(tools)),
    }
    topics = [
        {"topic": topic, **standing(tools.catalog.in_topic(topic), tools.statuses)}
        for topic in tools.catalog.topics()
    ]
    standings = tools.standings
    drills = [
        {**_facts(known.get(one.id)), **one.to_json(), "due": _due(standings.get(one.id))}
        for one in progress
    ]
    return {"format": 1, "totals": totals, "topics": topics, "drills": drills}


def standing(drills: Sequence[Drill], statuses: Mapping[str, str]) -> dict[str, int]:
    """How many of some drills are passed, tried and given up; what is left of them is new."""
    found = [statuses.get(drill.id) for drill in drills]
    return {
        "drills": len(drills),
        "passed": found.count("passed"),
        "tried": found.count("tried"),
        "gave_up": found.count("gave up"),
        "minutes": sum(drill.minutes for drill in drills),
    }


def _due(standing: Standing | None) -> str | None:
    return stamp(standing.due) if standing and standing.due else None


def _facts(drill: Drill | None) -> dict[str, str | None]:
    """What the catalogue says of a drill; one of another version of drill has nothing here."""
    keys = ("title", "topic", "level")
    return {key: getattr(drill, key) if drill else None for key in keys}


def _summary(totals: Mapping[str, Any]) -> Iterator[str]:
    words = [f"{totals['passed']} of {count(totals['drills'], 'drill')} passed"]
    words += [f"{totals['tried']} tried"] * bool(totals["tried"])
    words += [f"{totals['gave_up']} given up"] * bool(totals["gave_up"])
    yield f"{', '.join(words)}."
    hints = f", {count(totals['hints'], 'hint')}" if totals["hints"] else ""
    yield f"{count(totals['attempts'], 'attempt')} on {count(totals['days'], 'day')}{hints}."
    yield Streak(**totals["streak"]).sentence()
    if totals["due"]:
        yield f"{count(totals['due'], 'drill')} due for review: drill review"
    if totals["questions_due"]:
        yield f"{count(totals['questions_due'], 'question')} due again: drill quiz"


def _topics(facts: Mapping[str, Any]) -> Iterator[str]:
    keys = ("topic", "drills", "passed", "tried", "gave_up", "minutes")
    rows = [*facts["topics"], {"topic": "all", **facts["totals"]}]
    cells = [[str(row[key]) for key in keys] for row in rows]
    head = [key.replace("_", " ") for key in keys]
    return table(head, cells, screen_width(), coloured())


def _drills(tools: Tools, progress: Sequence[Progress]) -> Iterator[str]:
    head = ["drill", "status", "attempts", "to pass", "last", "help", "fails most"]
    today = local_day(tools.now())
    cells = [
        [
            one.id,
            one.status,
            str(one.attempts),
            str(one.attempts_to_pass or "-"),
            _day(local_day(one.last_practised), today),
            "solution" if one.gave_up else count(one.hints, "hint") if one.hints else "-",
            _printable(one.often_fails or "-"),
        ]
        for one in progress
    ]
    return table(head, cells, screen_width(), coloured())


def _day(day: date, today: date) -> str:
    names = {0: "today", 1: "yesterday"}
    return names.get((today - day).days, day.isoformat())


def _printable(name: str, width: int = CHECKS) -> str:
    """A check's name, say, which may come from another machine's file."""
    return cut("".join(char for char in name if char.isprintable()), max(12, width))
