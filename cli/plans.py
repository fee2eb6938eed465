"""Plans of rounds: made from options, read from files and written to them."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path

import typer

from drill.cli import designs, extras
from drill.cli.designs import Design
from drill.cli.rounds import PRESETS, Plan, Preset, choose, rank, read_plan
from drill.cli.tools import Tools
from drill.grader.catalog import Drill
from drill.grader.errors import UsageError
from drill.grader.formats import LEVELS


def code_plan(
    tools: Tools,
    preset: str | None,
    minutes: int | None,
    number: int | None,
    topics: Sequence[str] | None,
    levels: Sequence[str] | None,
    seed: int | None,
) -> Plan:
    """The plan of a round of drills."""
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
    check_levels(levels)
    kind = PRESETS[name] if name else Preset(45, (LEVELS,) * 3)
    if number is None and not levels:
        return kind
    slots = (tuple(levels or LEVELS),) * (number or len(kind.slots))
    return Preset(kind.minutes, slots, kind.topics)


def check_levels(levels: Sequence[str] | None) -> None:
    """Raises BadParameter for a level that is none."""
    for level in levels or ():
        if level not in LEVELS:
            raise typer.BadParameter(
                f"{level!r} must be one of: {', '.join(LEVELS)}.", param_hint="--level"
            )


def drills_of(plan: Plan, tools: Tools) -> list[Drill]:
    """The drills of a plan. Raises UsageError or NotGradableError for one that isn't here."""
    drills = [tools.catalog.find(id) for id in plan.drills]
    for drill in drills:
        if advice := extras.missing(drill, tools):
            sentence = f"{drill.id}, which the plan asks for, can't be graded on this machine."
            raise extras.lacks(sentence, advice)
    return drills


def design_plan(
    tools: Tools,
    minutes: int | None,
    levels: Sequence[str] | None,
    one: str | None,
    seed: int | None,
) -> Plan:
    """The plan of a design round: with a seed its question, else one that was not played yet."""
    check_levels(levels)
    known = designs.load(tools.catalog.root)
    if one is not None:
        fitting = [_named(one, known)]
    else:
        fitting = [each for each in known if each.level in (levels or LEVELS)]
    if not fitting:
        where = f"of level {', '.join(levels)}" if levels else "here"
        raise UsageError(f"There is no design question {where}.", code="no-card")
    drawn = secrets.randbelow(10**6) if seed is None else seed
    played = {round.plan.design for round in tools.store.rounds()} if seed is None else set()
    new = [each for each in fitting if each.id not in played]
    chosen = min(new or fitting, key=lambda each: rank(drawn, 0, each.id))
    return Plan(minutes or chosen.minutes, (), drawn, chosen.id)


def design_of(plan: Plan, tools: Tools) -> Design:
    """The question of a plan. Raises UsageError for one that isn't here."""
    return _named(plan.design, designs.load(tools.catalog.root))


def _named(id: str, known: Sequence[Design]) -> Design:
    found = next((each for each in known if each.id == id), None)
    if found is None:
        raise UsageError(
            f"There is no design question {id!r}.",
            code="unknown-card",
            remedy=f"There are: {', '.join(each.id for each in known) or 'none'}.",
        )
    return found


def read_file(file: str) -> Plan:
    """The plan that was saved. Raises UsageError where there is none."""
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


def save_file(tools: Tools, plan: Plan, path: Path, as_json: bool) -> None:
    """Write the plan. Raises UsageError where that can't be done."""
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
