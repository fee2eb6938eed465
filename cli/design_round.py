"""A design round at a terminal: stage by stage, points to tick and numbers that are judged."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from drill.cli import texts
from drill.cli.asking import tick, typed, worked, written
from drill.cli.designs import CAPACITY, STAGES, Design, Stage, with_figures
from drill.cli.figures import Drawn, draw, judge
from drill.cli.history import Answer, Round
from drill.cli.keys import press
from drill.cli.rounds import SIGNALS, Plan, deadline
from drill.cli.stages import StageCard, StageResult
from drill.cli.timed import clock, round_minutes
from drill.cli.tools import Tools

TALKING = "Enter ends your answer, e types it, b the question again, d hands in, q leaves."
GOING_ON = "Enter goes on, d hands in, q leaves."


class Left(Exception):
    """The learner left the round; its clock goes on."""


class Over(Exception):
    """The round was handed in, or its time is over."""


def design_rules(plan: Plan, design: Design) -> RenderableType:
    """What is told before the clock starts."""
    text = (
        f"{len(STAGES)} stages: {', '.join(STAGES)}. Answer aloud, or type with e. After each"
        " stage you see what an interviewer listens for, and tick the points you made; the"
        f" numbers of {CAPACITY} are graded. The clock does not stop, whatever happens:"
        " `drill mock --resume` comes back to a round that was left."
    )
    title = f"{design.title}: {plan.minutes} minutes, {design.level}, seed {plan.seed}"
    return texts.screen(texts.heading(title), "", texts.markdown(text))


class DesignRound:
    """One round, begun or gone on with: what was answered before is in the record."""

    def __init__(self, tools: Tools, round: Round, design: Design) -> None:
        self.tools, self.round = tools, round
        self.design = with_figures(design, round.plan.seed)
        self.ends = deadline(round.at, round.plan)

    def play(self) -> StageCard | None:
        """Ask every stage that is not answered yet; None if the learner leaves."""
        try:
            self._show(texts.heading(self.design.title), "", texts.markdown(self.design.brief))
            for number, stage in enumerate(self.design.stages, 1):
                self._stage(number, stage)
        except Left:
            return None
        except Over:
            pass
        return self.card()

    def card(self) -> StageCard:
        """What was scored up to now."""
        answers = self._answers()
        return StageCard(tuple(self._result(stage, answers) for stage in self.design.stages))

    def _result(self, stage: Stage, answers: Sequence[Answer]) -> StageResult:
        place = self._place(stage)
        own = [one for one in answers if one.card == place or one.card.startswith(f"{place}/")]
        made, seconds = sum(one.made for one in own), sum(one.seconds for one in own)
        return StageResult(stage.name, made, stage.points, seconds, stage.minutes)

    def _stage(self, number: int, stage: Stage) -> None:
        answered = {one.card for one in self._answers()}
        if self._place(stage) in answered:
            return
        self._check_time()
        title = Text.assemble((f"{number} of {len(STAGES)}: {stage.name}", "bold"))
        title.append(f"   about {stage.minutes} minutes", "dim")
        self._show(title, "", texts.markdown(stage.ask))
        if stage.estimates:
            self._numbers(stage, answered)
        else:
            self._talk(number, stage)

    def _talk(self, number: int, stage: Stage) -> None:
        began = self.tools.now()
        text, over = self._answer(Path(self.round.folder) / f"{number}-{stage.name}.md", stage)
        seconds = (min(self.tools.now(), self.ends) - began).total_seconds()
        made = tick(stage.rubric, self.tools)
        if made is None:
            raise Left
        self._keep(self._place(stage), made, stage.points, seconds, text)
        score = Text(f"{made} of {stage.points} points.", "bold")
        self._show(score, "", texts.heading("A model answer"), texts.markdown(stage.answer))
        if over:
            raise Over
        if number < len(STAGES):
            self._pressed("\n", GOING_ON)

    def _answer(self, path: Path, stage: Stage) -> tuple[str, bool]:
        """What was typed, and whether the time ended the answer."""
        text = ""
        while (key := self._pressed("\neb", TALKING, over="over")) != "\n":
            if key == "over":
                print("The time is over; what you said until now counts.", flush=True)
                return text, True
            if key == "b":
                self._show(texts.markdown(self.design.brief), "", texts.markdown(stage.ask))
            if key == "e":
                text = written(path, stage.ask, self.tools)
        return text, False

    def _numbers(self, stage: Stage, answered: set[str]) -> None:
        for card, name in zip(stage.estimates, self.design.names, strict=True):
            place = f"{self._place(stage)}/{name}"
            if place not in answered:
                self._check_time()
                self._number(draw(card, self.round.plan.seed), place)
                self._pressed("\n", GOING_ON)

    def _number(self, drawn: Drawn, place: str) -> None:
        left = round_minutes(self.ends - self.tools.now())
        self._show(Text(drawn.card.title, "bold"), "", texts.markdown(drawn.ask))
        print(f"\nType the answer with its unit; q leaves. {left} left.", flush=True)
        began, text = self.tools.now(), typed()
        while text != "q" and (outcome := judge(text, drawn)).ok is None:
            print(outcome.says, flush=True)
            text = typed()
        if text == "q":
            raise Left
        self._check_time()
        seconds = (self.tools.now() - began).total_seconds()
        self._keep(place, int(bool(outcome.ok)), 1, seconds, text)
        self.tools.say(worked(drawn, outcome.says, bool(outcome.ok), sources=False))

    # --- keys, clock and record ----------------------------------------------------------------

    def _pressed(self, choices: str, says: str, over: str = "") -> str:
        """A key, while the clock is shown. Without `over` the end of the time ends the round."""
        print(f"\n{says}", flush=True)
        key = press(f"{choices}dq", otherwise="q", clock=self._left)
        if key == "q":
            raise Left
        if key == "d":
            print("Hand in, and end the round? y yes, n no", flush=True)
            if press("yn", otherwise="n") == "n":
                return self._pressed(choices, says, over)
            raise Over
        if not key and not over:
            raise Over
        return key or over

    def _left(self) -> str:
        left = self.ends - self.tools.now()
        return f"{clock(left)} left" if left > timedelta() else ""

    def _check_time(self) -> None:
        if not self._left():
            print("\nThe time is over.", flush=True)
            raise Over

    def _show(self, *parts: RenderableType) -> None:
        self.tools.say(texts.screen("", *parts))

    def _place(self, stage: Stage) -> str:
        return f"{self.round.uid}/{stage.name}"

    def _answers(self) -> list[Answer]:
        start = f"{self.round.uid}/"
        return [one for one in self.tools.store.answers() if one.card.startswith(start)]

    def _keep(self, place: str, made: int, points: int, seconds: float, text: str) -> None:
        self.tools.store.record_answer(place, made, points, max(seconds, 0.0), text)


def stages_page(round: Round, title: str, card: StageCard) -> RenderableType:
    """The scorecard."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for word in ("stage", "points", "time", "score"):
        table.add_column(header=word, no_wrap=True)
    table.add_row(*(Text(str(column.header), "dim") for column in table.columns))
    for one in card.results:
        time = f"{clock(timedelta(seconds=one.seconds))} of {one.minutes}:00"
        score = f"{one.share:.2f}"
        table.add_row(one.name, f"{one.made} of {one.points}", time, score)
    head = texts.heading(f"{title}: {round.plan.minutes} minutes, seed {round.plan.seed}")
    summary = Text.assemble("Overall ", (f"{card.score:.2f}", "bold"), ": ", (card.signal, "bold"))
    return texts.screen("", head, "", table, "", summary, "", *_how())


def _how() -> Iterable[RenderableType]:
    """How the number comes about."""
    limits = ", ".join(f"{word} from {least}" for least, word in SIGNALS[:-1])
    lines = (
        f"Each stage counts the same: the share of its points. The numbers of {CAPACITY} were"
        " graded, the other points are by your own ticks.",
        f"{limits[0].upper()}{limits[1:]}.",
    )
    yield from (Text(line, "dim") for line in lines)
