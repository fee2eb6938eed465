"""`drill quiz`: questions to answer aloud, with what an interviewer listens for."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from drill.cli.cards import KINDS, Card, load, sections
from drill.cli.listing import coloured, count, screen_width, table
from drill.cli.options import AsJson
from drill.cli.progress import local_day, recorded
from drill.cli.schedule import Standing, card_standing
from drill.cli.tools import Tools
from drill.grader.errors import UsageError

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
    only_list: Annotated[bool, typer.Option("--list", help="List the questions.")] = False,
    as_json: AsJson = False,
) -> int:
    """Answer interview questions aloud; tick the points that you made.

    What is due for review comes first, then what you never answered. Without a
    terminal the questions are listed.
    """
    tools: Tools = ctx.obj
    cards = chosen(load(tools.catalog.root), section, kind, one)
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
    ask_all(asked, tools)
    return 0


def chosen(
    cards: Sequence[Card], section: str | None, kind: str | None, one: str | None
) -> list[Card]:
    """The cards that are asked for. Raises UsageError where there are none of that name."""
    known = sections(tuple(cards))
    if section is not None and section not in known:
        raise _unknown("section", section, known)
    if kind is not None and kind not in KINDS:
        raise _unknown("kind", kind, KINDS)
    found = [
        card
        for card in cards
        if section in (None, card.section) and kind in (None, card.kind) and one in (None, card.id)
    ]
    if one is not None and not found:
        raise _unknown("card", one, [card.id for card in cards])
    return found


def _unknown(what: str, name: str, known: Sequence[str]) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, known) or known[:8]
    remedy = f"Try {', '.join(near)}." if near else "There are none."
    return UsageError(f"There is no {what} {name!r}.", code=f"unknown-{what}", remedy=remedy)


def standings_of(tools: Tools) -> dict[str, Standing]:
    """When each card that was answered is due, by id."""
    answers = tools.store.answers() if recorded(tools) else []
    shares: dict[str, list[Any]] = {}
    for answer in answers:
        share = answer.made / answer.points if answer.points else 0.0
        shares.setdefault(answer.card, []).append((answer.at, share))
    return {card: card_standing(own) for card, own in shares.items()}


def in_turn(cards: Sequence[Card], standings: Mapping[str, Standing], tools: Tools) -> list[Card]:
    """What is due, the longest waiting first, then what was never answered, in its order."""
    today = local_day(tools.now())
    due = [card for card in cards if card.id in standings and standings[card.id].due_on(today)]
    due.sort(key=lambda card: str(standings[card.id].due))
    return [*due, *(card for card in cards if card.id not in standings)]


def row(card: Card, standings: Mapping[str, Standing]) -> dict[str, Any]:
    """A card as `--json` lists it."""
    standing = standings.get(card.id)
    due = standing.due if standing else None
    return {
        "id": card.id,
        "section": card.section,
        "title": card.title,
        "kind": card.kind,
        "level": card.level,
        "ask": card.ask,
        "questions": list(card.questions),
        "drills": list(card.drills),
        "answered": standing.reviews + 1 if standing else 0,
        "rating": standing.rating if standing else None,
        "due": due.isoformat() if due else None,
    }


def _lines(cards: Sequence[Card], standings: Mapping[str, Standing], tools: Tools) -> list[str]:
    today = local_day(tools.now())
    cells = []
    for card in cards:
        standing = standings.get(card.id)
        status = "new"
        if standing and standing.due:
            status = "due" if standing.due_on(today) else f"due {local_day(standing.due)}"
        cells.append([card.section, card.id, card.level, card.kind, status])
    head = ["section", "card", "level", "kind", "status"]
    answered = sum(card.id in standings for card in cards)
    foot = f"{count(len(cards), 'question')}, {answered} answered"
    return [*table(head, cells, screen_width(), coloured()), foot]
