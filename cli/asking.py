"""A quiz at a terminal: a question and the clock; then the rubric to tick and the model answer, or
the number judged and worked out."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from secrets import randbelow

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from drill.cli import editor, texts
from drill.cli.cards import Card, Point
from drill.cli.figures import Drawn, FigureCard, draw, judge
from drill.cli.keys import press
from drill.cli.timed import clock
from drill.cli.tools import Tools
from drill.cli.workspace import text_of


def ask_all(
    cards: Sequence[Card | FigureCard],
    tools: Tools,
    seed: int | None = None,
    seconds: Callable[[], float] = time.monotonic,
) -> None:
    """Ask one card after the other, until the learner has enough. Figures are drawn by `seed`."""
    made = points = answered = 0
    for number, card in enumerate(cards, 1):
        place = f"{number} of {len(cards)}"
        if isinstance(card, Card):
            result = ask(card, place, tools, seconds)
        else:
            drawn = draw(card, randbelow(10**6) if seed is None else seed)
            result = ask_number(drawn, place, tools, seconds)
        if result is None:
            break
        made, points, answered = made + result[0], points + result[1], answered + bool(result[1])
    if answered:
        questions = f"{answered} question{'s' * (answered != 1)}"
        print(f"\n{made} of {points} points in {questions}. `drill quiz` goes on.")


def ask_number(
    drawn: Drawn, place: str, tools: Tools, seconds: Callable[[], float]
) -> tuple[int, int] | None:
    """One estimate: (1, 1) or (0, 1); (0, 0) if skipped, None to end the quiz."""
    card = drawn.card
    title = Text.assemble((card.title, "bold"), (f"   numbers, {card.level}, {place}", "dim"))
    tools.say(texts.screen("", title, "", texts.markdown(drawn.ask)))
    print("\nType the answer with its unit; s skips, q ends.", flush=True)
    began = seconds()
    text, outcome = typed(), None
    while text not in ("s", "q") and (outcome := judge(text, drawn)).ok is None:
        print(outcome.says, flush=True)
        text = typed()
    if outcome is None or outcome.ok is None:
        return (0, 0) if text == "s" else None
    tools.store.record_answer(card.id, int(outcome.ok), 1, seconds() - began, text)
    tools.say(worked(drawn, outcome.says, outcome.ok))
    print("\nEnter goes on, q ends.", flush=True)
    return (int(outcome.ok), 1) if press("\nq", otherwise="q") == "\n" else None


def typed() -> str:
    """A line; the input's end means q."""
    try:
        return input("> ").strip()
    except EOFError:
        return "q"


def worked(drawn: Drawn, says: str, right: bool, sources: bool = True) -> RenderableType:
    """What an answer was worth, the way to it, and by default where that comes from."""
    parts: list[RenderableType] = ["", Text(texts.harmless(says), "green" if right else "bold red")]
    parts += ["", texts.heading(f"Worked out: {drawn.answer}")]
    for step in drawn.steps:
        parts.append(Text(step.says))
        parts.append(Padding(Text(step.text), (0, 0, 0, 3)))
    parts += ["", texts.markdown(drawn.card.because)]
    if sources:
        parts += ["", Text(f"Sources: {'; '.join(drawn.card.sources)}", "dim")]
    return texts.screen(*parts)


def ask(
    card: Card, place: str, tools: Tools, seconds: Callable[[], float]
) -> tuple[int, int] | None:
    """One card: points made, and how many there are; (0, 0) if skipped, None to end the quiz."""
    tools.say(question(card, place))
    print(
        "\nAnswer aloud, then press Enter. e types it in your editor, s skips, q ends.", flush=True
    )
    began, text = seconds(), ""
    key = press("\nesq", otherwise="q")
    if key in "sq":
        return (0, 0) if key == "s" else None
    if key == "e":
        text = written(tools.workspace.root / "quiz" / f"{card.id}.md", card.ask, tools)
    spent = seconds() - began
    made = tick(card.rubric, tools)
    if made is None:
        return None
    tools.store.record_answer(card.id, made, len(card.rubric), spent, text)
    took = clock(timedelta(seconds=spent))
    here = [id for id in card.drills if id in tools.catalog.ids]
    tools.say(model(card, f"{made} of {len(card.rubric)} points in {took}.", here))
    print("\nEnter goes on, q ends.", flush=True)
    return (made, len(card.rubric)) if press("\nq", otherwise="q") == "\n" else None


def written(path: Path, ask: str, tools: Tools) -> str:
    """The answer as it was written in the editor; the file stays."""
    head = f"{ask.strip()}\n\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(head, encoding="utf-8")
    said = editor.edit(tools.editor, path, nullcontext, print) if tools.editor else editor.UNSET
    if said:
        print(f"{said} The file is {path}. Press Enter when your answer is in it.", flush=True)
        press("\n", otherwise="\n")
    return text_of(path).removeprefix(head).strip()


def tick(rubric: Sequence[Point], tools: Tools) -> int | None:
    """How many points the learner made, by their own word; None if they end it here."""
    tools.say(texts.screen("", texts.heading("What an interviewer listens for. Did you say it?")))
    made = 0
    for number, point in enumerate(rubric, 1):
        tools.say(
            texts.screen(
                "",
                Text.assemble((f"{number}. ", "bold"), point.says),
                Padding(Text(point.why, "dim"), (0, 0, 0, 3)),
            )
        )
        print("   y yes, n no", flush=True)
        key = press("ynq", otherwise="q")
        if key == "q":
            return None
        made += key == "y"
    return made


def question(card: Card, place: str) -> RenderableType:
    """What the interviewer asks."""
    title = Text.assemble(
        (card.title, "bold"), (f"   {card.section}, {card.level}, {place}", "dim")
    )
    return texts.screen("", title, "", texts.markdown(card.ask))


def model(card: Card, score: str, drills: Sequence[str]) -> RenderableType:
    """The model answer, wrong ones, what is asked next, and which of these drills practise it."""
    parts: list[RenderableType] = ["", Text(score, "bold"), ""]
    parts += [texts.heading("A model answer"), texts.markdown(card.answer)]
    parts += ["", texts.heading("Often said, and wrong")]
    for wrong in card.wrong:
        parts.append(Text(f'"{wrong.says}"'))
        parts.append(Padding(texts.markdown(wrong.but), (0, 0, 0, 3)))
    parts += ["", texts.heading("What is asked next")]
    for followup in card.followups:
        parts.append(Text(followup.ask))
        parts.append(Padding(texts.markdown(followup.answer), (0, 0, 0, 3)))
    parts += [Text(f"\nPractise it: drill start {id}") for id in drills[:1]]
    parts += ["", Text(f"Sources: {'; '.join(card.sources)}", "dim")]
    return texts.screen(*parts)
