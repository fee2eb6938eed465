"""`drill quiz`: questions to answer aloud, with what an interviewer listens for."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer

from drill.cli import cards as spoken
from drill.cli import figures
from drill.cli.cards import KINDS, Card
from drill.cli.figures import FigureCard
from drill.cli.listing import coloured, count, screen_width, table
from drill.cli.options import AsJson
from drill.cli.progress import recorded
from drill.cli.schedule import Standing, card_standing, local_day
from drill.cli.tools import Tools
from drill.grader.errors import UsageError

NUMBERS = "numbers"  # the section of the cards with drawn figures
Either = Card | FigureCard
LISTED = "`drill quiz --list` shows all."

Section = Annotated[
    str | None,
    typer.Argument(metavar="[SECTION]", help="Only these questions; `--list` shows the sections."),
]
Count = Annotated[int, typer.Option("--count", min=1, max=100, help="How many questions.")]
Kind = Annotated[str | None, typer.Option(metavar="KIND", help=f"Only {', '.join(KINDS)}.")]


def quiz(
    ctx: typer.Context,
    section: Section = None,
    number: Count = 5,
    kind: Kind = None,
    one: Annotated[
        str | None, typer.Option("--card", metavar="ID", help="This question, due or not.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw the figures of this seed; new ones if left out.")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="List the questions.")] = False,
    as_json: AsJson = False,
) -> int:
    """Answer interview questions: aloud, ticking the points that you made, or with a number.

    The section `numbers` holds estimates: their figures are drawn anew each time,
    and the answer is checked with its unit. What is due for review comes first,
    then what you never answered. Without a terminal the questions are listed.
    """
    tools: Tools = ctx.obj
    cards = chosen(load(tools.catalog.root), section, kind, one)
    if not only_list and not as_json and tools.interactive and section is None and one is None:
        cards = mixed(cards)
    standings = standings_of(tools)
    if as_json:
        tools.print_json({"format": 1, "cards": [row(card, standings) for card in cards]})
        return 0
    if only_list or not tools.interactive:
        print("\n".join(_lines(cards, standings, tools)))
        return 0
    from drill.cli.asking import ask_all

    asked = [cards[0]] if one else in_turn(cards, standings, tools)[:number]
    if not asked:
        print("Nothing is due, and you answered everything here: --card ID asks one again.")
        return 0
    ask_all(asked, tools, seed)
    return 0


def load(root: Path) -> tuple[Either, ...]:
    """All cards: those that are spoken, then those with figures."""
    return (*spoken.load(root), *figures.load(root))


def section_of(card: Either) -> str:
    """The section that a card stands in."""
    return card.section if isinstance(card, Card) else NUMBERS


def kind_of(card: Either) -> str:
    """What kind of question it is."""
    return card.kind if isinstance(card, Card) else "estimate"


def mixed(cards: Sequence[Either]) -> list[Either]:
    """One card of each section in turn."""
    by_section: dict[str, list[Either]] = {}
    for card in cards:
        by_section.setdefault(section_of(card), []).append(card)
    rows = zip_longest(*by_section.values())
    return [card for row in rows for card in row if card is not None]


def chosen(
    cards: Sequence[Either], section: str | None, kind: str | None, one: str | None
) -> list[Either]:
    """The cards that are asked for. Raises UsageError where there are none of that name."""
    known = tuple(dict.fromkeys(section_of(card) for card in cards))
    if section is not None and section not in known:
        raise _unknown("section", section, known)
    if kind is not None and kind not in KINDS:
        raise _unknown("kind", kind, KINDS)
    found = [
        card
        for card in cards
        if section in (None, section_of(card))
        and kind in (None, kind_of(card))
        and one in (None, card.id)
    ]
    if one is not None and not found:
        raise _unknown("card", one, [card.id for card in cards])
    if not found:
        what = f"{section or 'any section'} of the kind {kind or 'any'}"
        raise UsageError(f"There is no question in {what}.", code="no-card", remedy=LISTED)
    return found


def _unknown(what: str, name: str, known: Sequence[str]) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, known) or known[:8]
    remedy = f"Try {', '.join(near)}." if near else "There are none."
    return UsageError(f"There is no {what} {name!r}.", code=f"unknown-{what}", remedy=remedy)


def standings_of(tools: Tools) -> dict[str, Standing]:
    """When each card that was answered is due, by id."""
    answers = tools.store.answers() if recorded(tools) else []
    answers = [one for one in answers if "/" not in one.card]  # Those are of design rounds.
    shares: dict[str, list[Any]] = {}
    for answer in answers:
        share = answer.made / answer.points if answer.points else 0.0
        shares.setdefault(answer.card, []).append((answer.at, share))
    return {card: card_standing(own) for card, own in shares.items()}


def due_cards(tools: Tools) -> list[Either]:
    """The questions whose review is due, the longest waiting first."""
    standings = standings_of(tools)
    if not standings:
        return []
    found = in_turn(load(tools.catalog.root), standings, tools)
    return [card for card in found if card.id in standings]


def in_turn(
    cards: Sequence[Either], standings: Mapping[str, Standing], tools: Tools
) -> list[Either]:
    """What is due, the longest waiting first, then what was never answered, in its order."""
    today = local_day(tools.now())
    due = [card for card in cards if card.id in standings and standings[card.id].due_on(today)]
    due.sort(key=lambda card: str(standings[card.id].due))
    return [*due, *(card for card in cards if card.id not in standings)]


def row(card: Either, standings: Mapping[str, Standing]) -> dict[str, Any]:
    """A card as `--json` lists it."""
    standing = standings.get(card.id)
    due = standing.due if standing else None
    return {
        "id": card.id,
        "section": section_of(card),
        "title": card.title,
        "kind": kind_of(card),
        "level": card.level,
        "ask": card.ask,
        "questions": list(card.questions),
        "drills": list(card.drills) if isinstance(card, Card) else [],
        "answered": standing.reviews + 1 if standing else 0,
        "rating": standing.rating if standing else None,
        "due": due.isoformat() if due else None,
    }


def _lines(cards: Sequence[Either], standings: Mapping[str, Standing], tools: Tools) -> list[str]:
    today = local_day(tools.now())
    cells = []
    for card in cards:
        standing = standings.get(card.id)
        status = "new"
        if standing and standing.due:
            status = "due" if standing.due_on(today) else f"due {local_day(standing.due)}"
        cells.append([section_of(card), card.id, card.level, kind_of(card), status])
    head = ["section", "card", "level", "kind", "status"]
    answered = sum(card.id in standings for card in cards)
    foot = f"{count(len(cards), 'question')}, {answered} answered"
    return [*table(head, cells, screen_width(), coloured()), foot]
