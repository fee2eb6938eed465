"""Which mutants of a drill's solution its checks let through: `drill dev mutants`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from drill.grader.catalog import Drill, read_text
from drill.grader.errors import ContentError, GraderError
from drill.grader.mutants import Mutant, choose, diff, mutants_of
from drill.grader.service import Job, Service
from drill.grader.verdict import Verdict

# Told before each grading: how many are done, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Survivor:
    """A mutant that passes, and what it changes as a unified diff."""

    mutant: str
    diff: str


@dataclass(frozen=True)
class Score:
    """What became of a drill's mutants; those that couldn't be graded are not counted."""

    drill: str
    caught: int
    equivalent: int
    survivors: tuple[Survivor, ...]

    @property
    def mutants(self) -> int:
        """How many there are, with the equivalent ones."""
        return self.caught + self.equivalent + len(self.survivors)

    @property
    def percent(self) -> float | None:
        """How many of a hundred that are not equivalent are caught; None if there are none."""
        graded = self.caught + len(self.survivors)
        return 100 * self.caught / graded if graded else None


def score(drill: Drill, service: Service, seed: int = 0, progress: Progress | None = None) -> Score:
    """Grade a choice of the mutants of a drill's solution.

    Raises ContentError where the solution itself does not pass, or where mistakes.yaml lists an
    equivalent mutant that there is none of.
    """
    with service.keeping():
        return _score(drill, service, seed, progress or (lambda done, total: None))


def _score(drill: Drill, service: Service, seed: int, tell: Progress) -> Score:
    source = read_text(drill.best_solution_path)
    everything = mutants_of(source)
    equivalent = _equivalent(drill, everything)
    chosen = choose(everything, seed)
    rest = [mutant for mutant in chosen if mutant.name not in equivalent]
    tell(0, len(rest))
    if _grade(drill, service, source).status == "skipped":
        return Score(drill.id, 0, 0, ())
    caught, survivors = 0, []
    for done, mutant in enumerate(rest):
        tell(done, len(rest))
        status = _grade(drill, service, mutant.source, mutant.name).status
        caught += status not in ("passed", "skipped")
        survivors += [mutant] if status == "passed" else []
    shown = tuple(Survivor(one.name, diff(source, one, _file(drill))) for one in survivors)
    return Score(drill.id, caught, len(chosen) - len(rest), shown)


def _grade(drill: Drill, service: Service, source: str, mutant: str = "") -> Verdict:
    try:
        verdict = service.grade(Job(drill, source, mutant, shrink=False, diagnose=False))
    except GraderError as fault:
        fault.message = f"{drill.id}, {mutant or 'the solution'}: {fault.message}"
        raise
    if not mutant and verdict.status not in ("passed", "skipped"):
        raise ContentError(
            f"The solution of {drill.id} does not pass: {verdict.status}.",
            code="bad-reference",
            remedy=f"Run `drill dev verify {drill.id}`.",
        )
    return verdict


def _file(drill: Drill) -> str:
    """The solution's path below the checkout."""
    path = drill.best_solution_path
    return path.relative_to(drill.folder.parents[2]).as_posix()


def _equivalent(drill: Drill, mutants: Iterable[Mutant]) -> set[str]:
    names = {mutant.name for mutant in mutants}
    listed = [one.mutant for one in drill.equivalents()]
    for name in listed:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            raise ContentError(
                f"{drill.answers / 'mistakes.yaml'}: the solution has no mutant {name!r}.",
                code="content",
                remedy=f"Did you mean {near[0]!r}?" if near else "Remove it from `equivalent`.",
            )
    return set(listed)
