"""Naming the mistake: which known wrong submission does exactly what this one does?"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drill.grader.checks import Check
from drill.grader.compare import Complaint, Undecided, same_outcome
from drill.grader.expect import Exact, Law, Relation, Work
from drill.grader.findings import Played, values_of
from drill.grader.law import same_law
from drill.grader.sides import Side

SAME_WORK = 0.1

Judging = Callable[[Played], Complaint | None]


@dataclass(frozen=True)
class Suspect:
    """A known mistake: its name, and the sentence for the learner."""

    name: str
    says: str


def diagnose(
    check: Check,
    failing: Sequence[Played],
    passing: Sequence[Played],
    suspects: Sequence[Suspect],
    side: Side,
    judging: Judging,
) -> str | None:
    """The sentence of the one mistake that agrees with the submission on every case, if just one.

    It must fail where the submission fails, in the same way, and do the same where it passes.
    `side` plays all the suspects.
    """
    guilty: list[str] = []
    for suspect in suspects:
        if len(guilty) < 2 and _fits(check, failing, passing, suspect, side, judging):
            guilty.append(suspect.says)
    return guilty[0] if len(guilty) == 1 else None


def _fits(
    check: Check,
    failing: Sequence[Played],
    passing: Sequence[Played],
    suspect: Suspect,
    side: Side,
    judging: Judging,
) -> bool:
    count = isinstance(check.expect, Work)
    for fails, cases in ((True, failing), (False, passing)):
        for played in cases:
            if not side.ready():
                return False
            side.ask(check.name, played.case, played.seed, count, suspect.name)
            again = replace(played, mine=side.answer(played.drawn.cpu))
            if not _agrees(check, played, again, fails, judging):
                return False
    return True


def _agrees(check: Check, played: Played, again: Played, fails: bool, judging: Judging) -> bool:
    try:
        theirs, ours = judging(again), judging(played)
    except Undecided:
        return False
    if (theirs is not None) != fails:
        return False
    if theirs is not None and ours is not None and theirs.kind != ours.kind:
        return False
    if played.mine.end or again.mine.end:
        return played.mine.end == again.mine.end
    if fails and isinstance(check.expect, Work) and not _same_work(check.expect, played, again):
        return False
    values = values_of(check)
    if isinstance(values, Relation):
        return True
    if isinstance(values, Law) and played.mine.error is None and again.mine.error is None:
        return same_law(played.mine.value, again.mine.value)
    rule = Exact() if isinstance(values, Law) else values
    return same_outcome(rule, played.mine, again.mine)


def _same_work(expect: Work, played: Played, again: Played) -> bool:
    """Whether what is limited was done about as often, and by the same functions if that is told.

    Too much work has many causes.
    """
    mine, theirs = played.mine.counts, again.mine.counts
    limited = tuple(expect.limits)
    names = {name for name in {*mine, *theirs} if name.split(": ", 1)[0] in limited}
    return all(
        math.isclose(mine.get(name, 0), theirs.get(name, 0), rel_tol=SAME_WORK) for name in names
    )
