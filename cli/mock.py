"""`drill mock`: a timed round, as an interviewer would hold it."""

import json
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from drill.cli import extras
from drill.cli.history import Round, stamp
from drill.cli.options import AsJson, complete_topic
from drill.cli.progress import recorded
from drill.cli.rounds import PRESETS, Plan, Preset, choose, deadline, read_card, read_plan
from drill.cli.tools import Tools
from drill.grader.catalog import Drill
from drill.grader.errors import UsageError
from drill.grader.formats import LEVELS

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
    as_json: AsJson = False,
) -> int:
    """A timed interview: a few drills against the clock, no hints, a scorecard.

    Presets: screen (30 minutes, two easy or medium drills), onsite (60 minutes,
    three, one of them hard), kernels (60 minutes, two Triton kernels).
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
    plan = (
        _read(plan_file)
        if plan_file
        else _plan(tools, preset, minutes, number, topics, levels, seed)
    )
    drills = drills_of(plan, tools)
    if save:
        _save(tools, plan, Path(save), as_json)
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
    return _begin(tools, plan, drills)


def _plan(
    tools: Tools,
    preset: str | None,
    minutes: int | None,
    number: int | None,
    topics: Sequence[str] | None,
    levels: Sequence[str] | None,
    seed: int | None,
) -> Plan:
    kind = _preset(preset, number, levels)
    wanted = topics or kind.topics or tools.catalog.topics()
    drills = [drill for topic in wanted for drill in tools.catalog.in_topic(topic)]
    here = [drill for drill in drills if not extras.missing(drill, tools)]
    drawn = secrets.randbelow(10**6) if seed is None else seed
    return choose(here, minutes or kind.minutes, kind.slots, drawn)


def _preset(name: str | None, number: int | None, levels: Sequence[str] | None) -> Preset:
    """The preset of a name, with what was asked for besides."""
    if name is not None and name not in PRESETS:
        raise typer.BadParameter(
            f"{name!r} must be one of: {', '.join(PRESETS)}.", param_hint="--preset"
        )
    for level in levels or ():
        if level not in LEVELS:
            raise typer.BadParameter(
                f"{level!r} must be one of: {', '.join(LEVELS)}.", param_hint="--level"
            )
    kind = PRESETS[name] if name else Preset(45, (LEVELS,) * 3)
    if number is None and not levels:
        return kind
    slots = (tuple(levels or LEVELS),) * (number or len(kind.slots))
    return Preset(kind.minutes, slots, kind.topics)


def drills_of(plan: Plan, tools: Tools) -> list[Drill]:
    """The drills of a plan. Raises UsageError or NotGradableError for one that isn't here."""
    drills = [tools.catalog.find(id) for id in plan.drills]
    for drill in drills:
        if advice := extras.missing(drill, tools):
            sentence = f"{drill.id}, which the plan asks for, can't be graded on this machine."
            raise extras.lacks(sentence, advice)
    return drills


def _read(file: str) -> Plan:
    try:
        return read_plan(json.loads(Path(file).read_text(encoding="utf-8")))
    except OSError as fault:
        raise UsageError(
            f"{file} can't be read: {fault.strerror}.",
            code="unreadable",
            remedy="Name a file that `drill mock --save FILE` wrote.",
        ) from fault
    except (ValueError, RecursionError) as fault:
        text = "it is no JSON" if isinstance(fault, json.JSONDecodeError) else str(fault)
        raise UsageError(
            f"{file} is no plan of a round: {text}.",
            code="no-plan",
            remedy="`drill mock --save FILE` writes one.",
        ) from fault


def _save(tools: Tools, plan: Plan, path: Path, as_json: bool) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(plan.to_json(), indent=1) + "\n")
    except FileExistsError:
        raise UsageError(
            f"There is a file {path} already.", code="file-exists", remedy="Name another."
        ) from None
    except OSError as fault:
        raise UsageError(
            f"{path} can't be written: {fault.strerror}.",
            code="unwritable",
            remedy="Name a file in a folder that can be written and has space.",
        ) from fault
    if as_json:
        tools.print_json({"format": 1, "file": str(path), "plan": plan.to_json()})
        return
    print(f"Written: {path}\nPlay it here or elsewhere: drill mock --from {path.name}")


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


def _begin(tools: Tools, plan: Plan, drills: Sequence[Drill]) -> int:
    """Say the rules; the clock starts with a key."""
    from drill.cli.keys import press
    from drill.cli.scorecard import rules

    tools.say(rules(plan, drills))
    print("\nEnter starts the clock, q leaves it.", flush=True)
    if press("\nq", otherwise="q") == "q":
        return 0
    began = tools.now()
    uid = f"round-{began.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
    folder = tools.workspace.root / "mock" / uid.removeprefix("round-")
    for drill in drills:
        tools.workspace.write_into(folder, drill)
    return _play(tools, tools.store.record_round(uid, plan, str(folder)))


def _play(tools: Tools, round: Round) -> int:
    from drill.cli.events import Saved
    from drill.cli.keys import Terminal, orderly_end, overheard, watching
    from drill.cli.scorecard import score
    from drill.cli.timed import TimedSession

    if not tools.interactive:
        raise UsageError("A round needs a terminal.", code="no-terminal")
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
                    print("The clock goes on. Come back with: drill mock --resume")
                    return 0
        card = score(tools, service, round, drills)
    tools.store.record_round_end(round, card)
    from drill.cli.scorecard import page

    tools.say(page(round, card))
    return 0


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
    from drill.cli.scorecard import page

    tools.say(page(round, read_card(end.card)))
    return 0


def facts(round: Round) -> dict[str, Any]:
    """What a document says of a round."""
    return {"round": round.uid, "began": stamp(round.at), "plan": round.plan.to_json()}
