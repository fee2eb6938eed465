"""`drill`, `drill list`, `drill topics` and `drill show`: what there is and what to do next."""

from collections import Counter
from collections.abc import Iterable, Iterator

import typer

from drill.cli import extras
from drill.cli.listing import coloured, count, paint, print_list, print_topics, row, screen_width
from drill.cli.options import AsJson, DrillId, Level, Topic
from drill.cli.progress import is_done, recorded
from drill.cli.tools import Tools
from drill.grader.catalog import Drill
from drill.grader.formats import LEVELS


def list_drills(
    ctx: typer.Context,
    topic: Topic = None,
    level: Level = None,
    as_json: AsJson = False,
) -> None:
    """List the drills with their level, minutes and your status."""
    tools: Tools = ctx.obj
    if level is not None and level not in LEVELS:
        raise typer.BadParameter(
            f"{level!r} must be one of: {', '.join(LEVELS)}.", param_hint="--level"
        )
    found = tools.catalog.in_topic(topic) if topic else tools.catalog.drills
    drills = [drill for drill in found if level in (None, drill.level)]
    print_list(tools, drills, as_json)


def topics(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the topics and how far you are in each."""
    tools: Tools = ctx.obj
    statuses = tools.statuses
    rows = []
    for topic in tools.catalog.topics():
        drills = tools.catalog.in_topic(topic)
        passed = sum(statuses.get(drill.id) == "passed" for drill in drills)
        minutes = sum(drill.minutes for drill in drills)
        rows.append({"topic": topic, "drills": len(drills), "passed": passed, "minutes": minutes})
    if as_json:
        tools.print_json({"format": 1, "topics": rows})
    else:
        print_topics(rows)


def show(ctx: typer.Context, drill_id: DrillId, as_json: AsJson = False) -> None:
    """Show a drill's statement, its facts and where your file is."""
    tools: Tools = ctx.obj
    drill = tools.catalog.find(drill_id)
    file = tools.workspace.path(drill)
    if as_json:
        more = {"statement": drill.statement, "stub": drill.stub, "file": str(file)}
        tools.print_json({"format": 1, **row(drill, tools.statuses, tools.standings), **more})
        return
    from drill.cli import render

    tools.say(render.statement(drill, file))
    if advice := extras.missing(drill, tools):
        tools.out.print(f"Can't be graded here: {advice}")
    if not file.exists():
        tools.out.print(f"The file isn't there yet: drill start {drill.id}")


# How much larger a weak topic's share of failures is than that of all.
CLEARLY = 0.1
LEAST_GRADED = 5  # in a topic, before that says anything


def suggest(drills: Iterable[Drill], tools: Tools) -> Drill | None:
    """The next drill to do: due ones, then new or tried, then given up; weak topics first, then by
    order, then level.

    One that can't be graded on this machine is never suggested.
    """
    statuses, due, weak = tools.statuses, tools.due, weak_topics(tools)
    open_drills = [
        drill
        for drill in drills
        if (drill.id in due or not is_done(tools, drill)) and not extras.missing(drill, tools)
    ]

    def rank(drill: Drill) -> tuple[bool, bool, bool, int, int, str, str]:
        gave_up = statuses.get(drill.id) == "gave up"
        place = drill.order, LEVELS.index(drill.level), drill.topic, drill.id
        return drill.id not in due, gave_up, drill.topic not in weak, *place

    return min(open_drills, key=rank, default=None)


def weak_topics(tools: Tools) -> set[str]:
    """Topics in which clearly more gradings fail than elsewhere."""
    topics = {drill.id: drill.topic for drill in tools.catalog.drills}
    moments = tools.store.moments() if recorded(tools) else []
    ends = [
        (topics[one.drill], one.what == "failed")
        for one in moments
        if one.what in ("passed", "failed") and one.drill in topics
    ]
    graded = Counter(topic for topic, _ in ends)
    failed = Counter(topic for topic, fails in ends if fails)
    overall = failed.total() / len(ends) if ends else 0.0
    return {
        topic
        for topic, number in graded.items()
        if number >= LEAST_GRADED and failed[topic] / number > overall + CLEARLY
    }


def home(tools: Tools) -> Drill | None:
    """Say where the learner stands and what to do next; returns the suggestion."""
    from drill.cli.progress import practised, streak

    drills, statuses = tools.catalog.drills, tools.statuses
    found = [statuses.get(drill.id) for drill in drills]
    tried = f", {found.count('tried')} tried" if "tried" in found else ""
    topics = count(len(tools.catalog.topics()), "topic")
    print(f"{count(len(drills), 'drill')} in {topics}: {found.count('passed')} passed{tried}.")
    if times := practised(tools):
        print(streak(times, tools.now()).sentence())
    if due := tools.due & set(tools.catalog.ids):
        print(f"{count(len(due), 'drill')} due for review: drill review")
    suggestion = suggest(drills, tools)
    if suggestion:
        facts = f"({suggestion.topic}, {suggestion.level}, {suggestion.minutes} minutes)"
        print(f"Next: {paint(suggestion.title, '1', coloured())} {facts}")
    elif found.count("passed") == len(drills):
        print("Every drill is passed: name one to do it again.")
    else:
        print("The drills that are left can't be graded here: `drill doctor` says what is missing.")
    print()
    review = suggestion is not None and suggestion.id in due
    print("\n".join(_advice(suggestion, review, screen_width())))
    return suggestion


def _advice(suggestion: Drill | None, review: bool, width: int) -> Iterator[str]:
    """The commands to go on with; what they do stands below them where it doesn't fit beside."""
    if suggestion is None:
        commands = {"drill start ID": "open a drill again; your file is still there"}
    else:
        first = "drill review" if review else f"drill start {suggestion.id}"
        does = "what is due, from the start file" if review else "open it; every save is graded"
        commands = {first: does, "drill start TOPIC": "the next one of a topic"}
    commands |= {
        "drill list": "all drills, and how far you are",
        "drill report": "your progress",
        "drill --help": "all commands",
    }
    names = max(map(len, commands))
    beside = 4 + names + max(map(len, commands.values())) <= width
    for command, does in commands.items():
        yield f"  {command:{names}}  {does}" if beside else f"  {command}\n    {does}"
