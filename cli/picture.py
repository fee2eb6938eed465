"""`make picture`: the README's pictures, drawn by rich from real verdicts.

`screen.svg` is a verdict on a well-known mistake; `round.svg` a timed round, played by a script:
its rules, the screen after the first save, the scorecard.
"""

import io
import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.theme import Theme

from drill.cli import render
from drill.cli.events import Key, Saved
from drill.cli.rounds import Plan
from drill.cli.scorecard import page as scorecard
from drill.cli.scorecard import rules, score
from drill.cli.timed import TimedSession, place
from drill.cli.tools import STYLES, Tools
from drill.grader.catalog import Catalog, Drill
from drill.grader.service import Job, Service
from drill.grader.verdict import Verdict

DRILL, MISTAKE = "scaled_dot_product_attention", "no_scale"
ROUND = Plan(30, ("softmax", "masked_attention"), 7)
BEGAN = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
WIDTH = 92


def graded(service: Service) -> Verdict:
    """The verdict on the mistake, its file named as a learner's would be."""
    drill = Catalog.load().find(DRILL)
    verdict = service.grade(Job(drill, mistaken(drill, MISTAKE)))
    return replace(verdict, file=str(Path.home() / "drill" / drill.topic / f"{drill.id}.py"))


def mistaken(drill: Drill, name: str) -> str:
    """A solution with one of the drill's known mistakes."""
    mistake = next(one for one in drill.mistakes() if one.name == name)
    return mistake.source(solved(drill))


def solved(drill: Drill) -> str:
    """The solution."""
    return drill.best_solution_path.read_text(encoding="utf-8")


class Script:
    """An inbox that plays keys and functions, and lets the clock run between them."""

    def __init__(self, steps: Sequence[object]) -> None:
        self.steps = deque(steps)
        self.now = BEGAN

    def next(self, timeout: float) -> object:
        """The next event."""
        while self.steps:
            step = self.steps.popleft()
            if not callable(step):
                return step
            self.now += timedelta(minutes=2, seconds=33)
            step()
        return Key("")

    def post(self, event: object) -> None:
        """What the grading says comes first."""
        self.steps.appendleft(event)

    def paused(self) -> AbstractContextManager[None]:
        """Nobody else wants the terminal."""
        return nullcontext()

    def suspend(self) -> None:
        """Nor does the shell."""


def played(service: Service) -> RenderableType:
    """A timed round: its rules, the screen after a save with a mistake in it, the scorecard."""
    script = Script(())
    tools = Tools(environ={**os.environ, "EDITOR": ""}, now=lambda: script.now)
    tools.out = Console(width=WIDTH, file=io.StringIO())
    drills = [tools.catalog.find(id) for id in ROUND.drills]
    folder = tools.workspace.root / "mock" / BEGAN.strftime("%Y%m%d-%H%M%S")
    for drill in drills:
        tools.workspace.write_into(folder, drill)
    round = tools.store.record_round("round", ROUND, str(folder))
    session = TimedSession(tools, service, script, round, drills, lambda work: work())
    shown: list[RenderableType] = []

    def save(drill: Drill, text: str) -> Callable[[], None]:
        return partial(_write, place(folder, drill), text)

    def look() -> None:
        frame = session.frame()
        shown.append(Group(frame.head, "", frame.state, "", frame.body, "", frame.keys))

    first, second = drills
    script.steps.extend((save(first, mistaken(first, "first_axis_default")), Saved(), look))
    script.steps.extend((save(first, solved(first)), Saved(), Key("2")))
    script.steps.extend((save(second, solved(second)), Saved(), Key("d"), Key("y")))
    session.run()
    card = score(tools, service, round, drills)
    return Group(
        rules(ROUND, drills),
        "",
        Rule(style="dim"),
        *shown,
        Rule(style="dim"),
        scorecard(round, card),
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def svg(shown: RenderableType, path: Path, title: str) -> None:
    """Write a picture of what a terminal shows."""
    console = Console(
        width=WIDTH,
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="truecolor",
        theme=Theme(STYLES),
    )
    console.print(shown)
    console.save_svg(str(path), title=title)


def main(arguments: Sequence[str]) -> None:
    """Write the pictures into the folder named."""
    folder = Path(arguments[0])
    with tempfile.TemporaryDirectory() as home, Service() as service:
        folders = {"DRILL_HOME": f"{home}/state", "DRILL_WORKSPACE": f"{home}/drill"}
        os.environ |= {"HOME": home, **folders}
        svg(render.verdict(graded(service)), folder / "screen.svg", f"drill check {DRILL}")
        svg(played(service), folder / "round.svg", "drill mock")


if __name__ == "__main__":
    main(sys.argv[1:])
