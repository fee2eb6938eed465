"""`drill mock`: a timed round, as an interviewer would hold it."""

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drill.cli import designs
from drill.cli.history import Round, stamp
from drill.cli.options import AsJson, complete_topic
from drill.cli.plans import code_plan, design_of, design_plan, drills_of, read_file, save_file
from drill.cli.progress import recorded
from drill.cli.rounds import PRESETS, Plan, Scorecard, deadline, read_card
from drill.cli.tools import Tools
from drill.grader.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from drill.cli.stages import StageCard

Minutes = Annotated[int | None, typer.Option(min=1, max=600, help="How long; 45 if left out.")]
Number = Annotated[int | None, typer.Option("--drills", min=1, max=12, help="How many; 3.")]
Topics = Annotated[
    list[str] | None,
    typer.Option(
        "--topic",
        metavar="TOPIC",
        help="Only these topics; may be repeated.",
        autocompletion=complete_topic,
    ),
]
Levels = Annotated[
    list[str] | None,
    typer.Option("--level", metavar="LEVEL", help="Only these levels; may be repeated."),
]
SeedOption = Annotated[
    int | None,
    typer.Option(min=0, max=2**31 - 1, help="The same seed: the same drills and cases."),
]
PresetOption = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help=f"One of: {', '.join(PRESETS)}."),
]


def mock(
    ctx: typer.Context,
    minutes: Minutes = None,
    number: Number = None,
    topics: Topics = None,
    levels: Levels = None,
    preset: PresetOption = None,
    seed: SeedOption = None,
    plan_file: Annotated[
        str | None, typer.Option("--from", metavar="FILE", help="Play a plan that was saved.")
    ] = None,
    save: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the plan to FILE; play nothing.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the round that was left.")
    ] = False,
    last: Annotated[bool, typer.Option("--last", help="Show the last scorecard.")] = False,
    design: Annotated[
        bool, typer.Option("--design", help="A system-design question instead of drills.")
    ] = False,
    question: Annotated[
        str | None, typer.Option("--question", metavar="ID", help="This design question.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """A timed interview: a few drills against the clock, no hints, a scorecard.

    Presets: screen (30 minutes, two easy or medium drills), onsite (60 minutes,
    three, one of them hard), kernels (60 minutes, two Triton kernels).

    With --design: one question on a whole system, in five stages; its numbers are
    drawn anew and graded.
    """
    tools: Tools = ctx.obj
    if last:
        return _show_last(tools, as_json)
    if as_json and not save:
        raise UsageError(
            "A round is played on the screen: --json goes with --last or --save.",
            code="usage",
            remedy="`drill mock --last --json` gives the last scorecard.",
        )
    going = unfinished(tools)
    if resume:
        return _play(tools, _found(going))
    if plan_file:
        plan = read_file(plan_file)
    elif design or question:
        _only_of_drills(preset, number, topics)
        plan = design_plan(tools, minutes, levels, question, seed)
    else:
        plan = code_plan(tools, preset, minutes, number, topics, levels, seed)
    told = told_first(plan, tools)
    if save:
        save_file(tools, plan, Path(save), as_json)
        return 0
    if going is not None:
        raise UsageError(
            "A round of yours is not scored yet.",
            code="round-going",
            remedy="Go on with `drill mock --resume`; there it can be handed in, too.",
        )
    if not tools.interactive:
        raise UsageError(
            "A round needs a terminal: it is played with the keyboard.",
            code="no-terminal",
            remedy="Run it in a terminal; `--save FILE` writes its plan.",
        )
    return _begin(tools, plan, told)


def _only_of_drills(*options: object) -> None:
    if any(option is not None for option in options):
        raise UsageError(
            "A design round has no drills: --preset, --drills and --topic don't go with it.",
            code="usage",
            remedy="Leave them out; --level, --minutes, --seed and --question are left.",
        )


def told_first(plan: Plan, tools: Tools) -> "RenderableType":
    """The rules of a round. Raises UsageError or NotGradableError where it can't be played here."""
    if plan.design:
        from drill.cli.design_round import design_rules

        return design_rules(plan, design_of(plan, tools))
    from drill.cli.scorecard import rules

    return rules(plan, drills_of(plan, tools))


def unfinished(tools: Tools) -> Round | None:
    """The round that was begun last on this machine, if it was not scored."""
    if not recorded(tools):
        return None
    scored = {end.round for end in tools.store.round_ends()}
    here = [one for one in tools.store.rounds() if Path(one.folder).is_dir()]
    return next((one for one in reversed(here) if one.uid not in scored), None)


def _found(going: Round | None) -> Round:
    if going is None:
        raise UsageError(
            "No round waits to be gone on with.",
            code="no-round",
            remedy="`drill mock` begins one; `drill mock --last` shows the last scorecard.",
        )
    return going


def _begin(tools: Tools, plan: Plan, told: "RenderableType") -> int:
    """Say the rules; the clock starts with a key."""
    from drill.cli.keys import press

    tools.say(told)
    print("\nEnter starts the clock, q leaves it.", flush=True)
    if press("\nq", otherwise="q") == "q":
        return 0
    began = tools.now()
    uid = f"round-{began.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
    folder = tools.workspace.root / "mock" / uid.removeprefix("round-")
    folder.mkdir(parents=True)
    for id in plan.drills:
        tools.workspace.write_into(folder, tools.catalog.find(id))
    return _play(tools, tools.store.record_round(uid, plan, str(folder)))


def _play(tools: Tools, round: Round) -> int:
    if not tools.interactive:
        raise UsageError("A round needs a terminal.", code="no-terminal")
    card = _talked(tools, round) if round.plan.design else _coded(tools, round)
    if card is None:
        print("The clock goes on. Come back with: drill mock --resume")
        return 0
    tools.store.record_round_end(round, card)
    tools.say(_page(tools, round, card.to_json()))
    return 0


def _talked(tools: Tools, round: Round) -> "StageCard | None":
    """What a design round scored; None if it was left."""
    from drill.cli.design_round import DesignRound
    from drill.cli.keys import orderly_end

    with orderly_end():
        return DesignRound(tools, round, design_of(round.plan, tools)).play()


def _coded(tools: Tools, round: Round) -> Scorecard | None:
    """What a round of drills scored; None if it was left."""
    from drill.cli.events import Saved
    from drill.cli.keys import Terminal, orderly_end, overheard, watching
    from drill.cli.scorecard import score
    from drill.cli.timed import TimedSession

    drills = drills_of(round.plan, tools)
    with orderly_end(), tools.service() as service, service.keeping():
        if tools.now() < deadline(round.at, round.plan):
            with ExitStack() as stack:
                stack.enter_context(overheard(lambda event: terminal.post(event)))
                terminal = stack.enter_context(Terminal())
                folder = Path(round.folder)
                stack.enter_context(watching(folder, lambda: terminal.post(Saved())))
                session = TimedSession(tools, service, terminal, round, drills)
                if not session.run():
                    return None
        return score(tools, service, round, drills)


def _page(tools: Tools, round: Round, card: Mapping[str, Any]) -> "RenderableType":
    """A scorecard as it was recorded, perhaps of a question that is not here any more."""
    if round.plan.design:
        from drill.cli.design_round import stages_page
        from drill.cli.stages import read_stages

        known = {one.id: one.title for one in designs.load(tools.catalog.root)}
        title = known.get(round.plan.design, round.plan.design)
        return stages_page(round, title, read_stages(card))
    from drill.cli.scorecard import page

    return page(round, read_card(card))


def _show_last(tools: Tools, as_json: bool) -> int:
    ends = tools.store.round_ends() if recorded(tools) else []
    rounds = {one.uid: one for one in tools.store.rounds()} if ends else {}
    ends = [end for end in ends if end.round in rounds]
    if not ends:
        raise UsageError(
            "No round was scored yet.", code="no-round", remedy="`drill mock` begins one."
        )
    end, round = ends[-1], rounds[ends[-1].round]
    if as_json:
        tools.print_json({"format": 1, **facts(round), "ended": stamp(end.at), **end.card})
        return 0
    tools.say(_page(tools, round, end.card))
    return 0


def facts(round: Round) -> dict[str, Any]:
    """What a document says of a round."""
    return {"round": round.uid, "began": stamp(round.at), "plan": round.plan.to_json()}
