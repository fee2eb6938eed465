"""Before and after a timed round: its rules, the last gradings, the follow-ups, the scorecard."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from drill.cli import render, texts
from drill.cli.check import record
from drill.cli.history import Attempt, Round
from drill.cli.rounds import (
    CODE,
    LATE,
    SIGNALS,
    UNFINISHED,
    WEIGHTS,
    Plan,
    Result,
    Scorecard,
    deadline,
)
from drill.cli.timed import attempts_at, clock, passed, place
from drill.cli.tools import Grader, Tools
from drill.cli.workspace import start_file, text_of
from drill.grader.catalog import Drill
from drill.grader.errors import DrillError
from drill.grader.verdict import WorkRow

GRACE = timedelta(seconds=2)  # a save at the last moment counts, whatever the file system's clock
ASKED = 2  # follow-ups a drill
MARKS = ("missed", "partly", "got it")


def rules(plan: Plan, drills: Sequence[Drill]) -> RenderableType:
    """What is told before the clock starts."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for number, drill in enumerate(drills, 1):
        table.add_row(f"  {number}", drill.title, drill.topic, drill.level, f"{drill.minutes} min")
    text = (
        "Every save is graded, and you hear which claim fails and on which case; there are no hints"
        " and no names of mistakes. The clock does not stop, whatever happens:"
        " `drill mock --resume` comes back to a round that was left. At the end the interviewer"
        " asks some more, and you rate your own answers."
    )
    title = texts.heading(f"A round of {plan.minutes} minutes, seed {plan.seed}")
    return texts.screen(title, "", table, "", texts.markdown(text))


def score(tools: Tools, service: Grader, round: Round, drills: Sequence[Drill]) -> Scorecard:
    """Freeze the files, grade what was saved last, ask the follow-ups."""
    for drill in drills:
        _grade_the_last(tools, service, round, drill)
    marks = _ask(tools, drills)
    return Scorecard(
        tuple(_result(tools, round, drill, marks.get(drill.id, ())) for drill in drills)
    )


def _grade_the_last(tools: Tools, service: Grader, round: Round, drill: Drill) -> None:
    """A text that was saved in time, and not graded: it counts."""
    path = place(Path(round.folder), drill)
    with suppress(OSError):
        path.chmod(0o444)
    before = attempts_at(tools, drill, path)
    text = text_of(path)
    known = {start_file(drill), *(one.source for one in before), ""}
    if text in known or not _in_time(path, deadline(round.at, round.plan)):
        return
    print(f"Grading {drill.id} as you left it...", flush=True)
    with suppress(DrillError):  # A file that can't be graded counts as it was before.
        job = tools.job_for(drill, path, round.plan.seed)
        record(tools, service.grade(job), job.source, path)


def _in_time(path: Path, ends: datetime) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, ends.tzinfo) <= ends + GRACE


def _ask(tools: Tools, drills: Sequence[Drill]) -> dict[str, tuple[int, ...]]:
    """The follow-ups of each drill, with the learner's own marks."""
    from drill.cli.keys import press

    marks: dict[str, tuple[int, ...]] = {}
    for drill in drills:
        for followup in drill.followups[:ASKED]:
            tools.say(texts.screen("", texts.heading(drill.title), followup.ask))
            print("\nAnswer aloud, then press Enter (q ends the questions).", flush=True)
            if press("\nq", otherwise="q") == "q":
                return marks
            tools.say(texts.markdown(followup.answer))
            choices = ", ".join(f"{mark} {word}" for mark, word in enumerate(MARKS))
            print(f"\nHow was yours? {choices}", flush=True)
            key = press("012q", otherwise="q")
            if key == "q":
                return marks
            marks[drill.id] = (*marks.get(drill.id, ()), int(key))
    return marks


def _result(tools: Tools, round: Round, drill: Drill, marks: tuple[int, ...]) -> Result:
    folder, ends = Path(round.folder), deadline(round.at, round.plan)
    own = attempts_at(tools, drill, place(folder, drill))
    first = next((one for one in own if one.status == "passed"), None)
    checks = own[-1].verdict.checks if own else []
    return Result(
        drill=drill.id,
        level=drill.level,
        minutes=drill.minutes,
        passed_after=(min(first.at, ends) - round.at).total_seconds() if first else None,
        spent=_spent(tools, round, drill),
        attempts=len(own),
        checks_passed=sum(check.status == "passed" for check in checks),
        checks=len(checks),
        followups=marks,
        work=tuple(map(_counted, own[-1].verdict.work)) if own else (),
    )


def _counted(row: WorkRow) -> str:
    """A count of the work against its limit."""
    return f"{row.name} {render.number(row.yours)} of {render.number(row.limit)}"


def _spent(tools: Tools, round: Round, drill: Drill) -> float:
    """Seconds up to the first pass, or to the last grading: the time before each grading is that
    of its drill."""
    folder, ends = Path(round.folder), deadline(round.at, round.plan)
    everything: list[Attempt] = []
    for id in round.plan.drills:
        known = tools.catalog.find(id)
        everything += attempts_at(tools, known, place(folder, known))
    spent, since = timedelta(), round.at
    for attempt in sorted(everything, key=lambda one: one.at):
        at = min(attempt.at, ends)
        if attempt.drill == drill.id:
            spent += at - since
            if passed(attempt.verdict):
                break
        since = at
    return spent.total_seconds()


def page(round: Round, card: Scorecard) -> RenderableType:
    """The scorecard."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for word in ("drill", "level", "result", "time", "tries", "talk", "score"):
        table.add_column(header=word, no_wrap=word != "drill", overflow="fold")
    table.add_row(*(Text(str(column.header), "dim") for column in table.columns))
    for result in card.results:
        table.add_row(*_row(result))
    title = texts.heading(f"Round of {round.plan.minutes} minutes, seed {round.plan.seed}")
    summary = Text.assemble("Overall ", (f"{card.score:.2f}", "bold"), ": ", (card.signal, "bold"))
    return texts.screen("", title, "", table, *_work(card), "", summary, "", *_how(card))


def _work(card: Scorecard) -> Iterable[RenderableType]:
    """What was counted, where something is."""
    lines = [f"{one.drill}: {', '.join(map(str, one.work))}" for one in card.results if one.work]
    if lines:
        yield from ("", Text("Work, of what is allowed", "dim"))
        yield from (Text(texts.harmless(line)) for line in lines)


def _row(result: Result) -> Iterable[RenderableType]:
    if result.passed_after is not None:
        outcome = Text("passed", render.STYLES["passed"])
    elif result.attempts:
        outcome = Text(f"{result.checks_passed}/{result.checks} checks")
    else:
        outcome = Text("not tried", "dim")
    marks = " ".join(map(str, result.followups)) or "-"
    time = f"{clock(timedelta(seconds=result.spent))} of {result.minutes}:00"
    cells = (time, str(result.attempts), marks, f"{result.code:.2f}")
    return (result.drill, result.level, outcome, *cells)


def _how(card: Scorecard) -> Iterable[RenderableType]:
    """How the number comes about."""
    weights = ", ".join(f"{level} {weight:.0f}" for level, weight in WEIGHTS.items())
    limits = ", ".join(f"{word} from {least}" for least, word in SIGNALS[:-1])
    lines = (
        f"A pass counts 1, after more than the drill's minutes {LATE}; without a pass the share of"
        f" checks counts {UNFINISHED:.0%}. Weights: {weights}.",
        f"Code is {CODE:.0%} of the whole, your marks for the follow-ups the rest."
        if card.talk is not None
        else "No follow-up was rated, so the code is the whole.",
        f"{limits[0].upper()}{limits[1:]}.",
    )
    yield from (Text(line, "dim") for line in lines)
