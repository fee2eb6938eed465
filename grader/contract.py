"""What every drill owes: checked by `drill dev verify` and by the content gate of the tests."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drill.grader.catalog import Drill, Mistake
from drill.grader.service import Job, Service, public_names
from drill.grader.trivial import ANSWERS, trivial_submission
from drill.grader.verdict import NOWHERE, UNTIMED, Verdict

LEAST_MISTAKES = 4
LEAST_RIGHTS = 2
SYNTHETIC = ("loads", "rules")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """Something a drill owes and does not give; an "error" breaks the gate."""

    severity: Literal["error", "warning"]
    message: str


def verify(drill: Drill, service: Service, progress: Progress | None = None) -> list[Finding]:
    """Everything a drill owes, by looking at its files and by grading what must pass and fail."""
    with service.keeping():
        return list(_findings(drill, service, progress or (lambda text: None)))


def _findings(drill: Drill, service: Service, tell: Progress) -> Iterator[Finding]:
    yield from look_at_files(drill)
    verdict = reference_verdict(drill, service)
    tell("reference")
    yield from _expect_pass(verdict, "The reference")
    note = (verdict.speed or {}).get("note")
    if note and note not in (UNTIMED, NOWHERE):
        yield Finding("error", f"The timing does not work: {note}")
    yield from _known_checks(drill, [check.name for check in verdict.checks])
    for path in drill.rights():
        tell(f"right/{path.name}")
        right = service.grade(Job(drill, path.read_text(encoding="utf-8"), str(path)))
        yield from _expect_pass(right, f"right/{path.name}")
    tell("trivial submissions")
    yield from trivial_findings(drill, service)
    yield from _mistake_findings(drill, service, verdict, tell)


def reference_verdict(drill: Drill, service: Service) -> Verdict:
    """The verdict on the solution that learners are shown."""
    source = drill.best_solution_path.read_text(encoding="utf-8")
    return service.grade(Job(drill, source, "reference", diagnose=False, rehearse=True))


def _expect_pass(verdict: Verdict, what: str) -> Iterator[Finding]:
    failure = verdict.failure
    if verdict.status not in ("passed", "skipped"):
        reason = f"{failure.name}: {failure.complaint} {failure.got}" if failure else ""
        yield Finding("error", f"{what} does not pass: {verdict.status}. {reason}")


# --- what can be seen without running anything ---------------------------------------------


def look_at_files(drill: Drill) -> Iterator[Finding]:
    """The static half of the contract."""
    statement = drill.statement
    for name in public_names(drill.stub):
        if name not in statement:
            yield Finding("error", f"The statement does not name `{name}`.")
    yield from _same_signatures(drill)
    if len(drill.mistakes()) < LEAST_MISTAKES:
        yield Finding("error", f"There are fewer than {LEAST_MISTAKES} mistakes.")
    if len(drill.rights()) < LEAST_RIGHTS:
        yield Finding("error", f"There are fewer than {LEAST_RIGHTS} solutions in right/.")
    if not drill.followups:
        yield Finding("error", "There is no follow-up.")
    lengths = [len(hint) for hint in drill.hints]
    if lengths[0] > 2 * lengths[2]:
        yield Finding("warning", "The first hint is far longer than the last.")


def _same_signatures(drill: Drill) -> Iterator[Finding]:
    stub = signatures(drill.stub)
    solutions = {drill.solution_path, drill.best_solution_path}
    for path in solutions:
        theirs = signatures(path.read_text(encoding="utf-8"))
        for name, signature in stub.items():
            if name not in theirs:
                yield Finding("error", f"{path.name} does not define `{name}` of the stub.")
            elif theirs[name] != signature:
                yield Finding(
                    "error",
                    f"{path.name} has {name}({theirs[name]}), the stub {name}({signature}).",
                )


def signatures(source: str) -> dict[str, str]:
    """Public functions and methods with their parameters and defaults, without annotations."""
    made: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            made[node.name] = _parameters(node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    made[f"{node.name}.{inner.name}"] = _parameters(inner)
    return {
        name: text
        for name, text in made.items()
        if not name.split(".")[-1].startswith("_") or name.endswith("__init__")
    }


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = ast.parse(ast.unparse(node.args).join(("def f(", "): ...")), mode="exec").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    for argument in ast.walk(arguments.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return ast.unparse(arguments.args)


def _known_checks(drill: Drill, names: Sequence[str]) -> Iterator[Finding]:
    for must in drill.must:
        for name in must.checks:
            if name not in names:
                yield Finding("error", f"A must line names the check {name}, which is not there.")
    for mistake in drill.mistakes():
        for name in mistake.caught_by:
            if name not in names:
                text = f"The mistake {mistake.name} names the check {name}, which is not there."
                yield Finding("error", text)


# --- what must fail ------------------------------------------------------------------------


def trivial_findings(drill: Drill, service: Service) -> Iterator[Finding]:
    """The stub, and submissions that return their input, zeros or None, fail."""
    sources = {"the stub": drill.stub}
    sources |= {kind: trivial_submission(drill.stub, kind) for kind in ANSWERS}
    for kind, source in sources.items():
        job = Job(drill, source, kind, diagnose=False, shrink=False)
        verdict = service.grade(job)
        if verdict.status in ("passed", "skipped") and kind not in drill.trivially_right:
            yield Finding("error", f"A trivial submission ({kind}) gets {verdict.status}.")


def failing_checks(verdict: Verdict) -> set[str]:
    """The names of the checks that failed."""
    return {check.name for check in verdict.checks if check.status == "failed"}


def grade_mistake(drill: Drill, mistake: Mistake, service: Service) -> Verdict:
    """The verdict on a mistake; the checks it names are run whatever failed before them."""
    base = drill.best_solution_path.read_text(encoding="utf-8")
    return service.grade(
        Job(drill, mistake.source(base), mistake.name, always=tuple(mistake.caught_by))
    )


def mistake_findings(mistake: Mistake, verdict: Verdict) -> Iterator[Finding]:
    """A mistake fails in the checks it names, and is told apart from the others."""
    failed = failing_checks(verdict)
    if verdict.status in ("passed", "skipped"):
        yield Finding("error", f"The mistake {mistake.name} gets {verdict.status}.")
        return
    for name in mistake.caught_by:
        if name not in failed:
            text = f"The mistake {mistake.name} is not caught by {name}, but by {sorted(failed)}."
            yield Finding("error", text)
    failure = verdict.failure
    if failure is None or failure.name in SYNTHETIC:
        return
    if failure.name not in mistake.caught_by:
        text = f"The mistake {mistake.name} fails first in {failure.name}, which it does not name."
        yield Finding("error", text)
    if failure.diagnosis != mistake.says:
        told = f"the learner reads {failure.diagnosis!r}" if failure.diagnosis else "none is given"
        yield Finding("error", f"The mistake {mistake.name} has no diagnosis of its own: {told}.")


def dependencies(drill: Drill) -> dict[str, frozenset[str]]:
    """By a check's name, those that keep it from being run when they fail."""
    from drill.grader.checks import checks_of, prerequisites
    from drill.grader.player import load_text

    return prerequisites(checks_of(load_text("checks", drill.checks_text)))


def would_run(failed: set[str], needs: Mapping[str, frozenset[str]]) -> set[str]:
    """Those of the failing checks that a learner sees fail: the others wait for one of them."""
    return {name for name in failed if not needs.get(name, frozenset()) & failed}


def _mistake_findings(
    drill: Drill, service: Service, reference: Verdict, tell: Progress
) -> Iterator[Finding]:
    alone: set[str] = set()
    needs = dependencies(drill)
    for mistake in drill.mistakes():
        tell(f"mistake {mistake.name}")
        verdict = grade_mistake(drill, mistake, service)
        yield from mistake_findings(mistake, verdict)
        catching = would_run(failing_checks(verdict), needs)
        alone |= catching if len(catching) == 1 else set()
    for check in reference.checks:
        graded = check.status != "not graded here" and check.name not in SYNTHETIC
        if graded and check.name not in alone:
            text = f"The check {check.name} catches no mistake that no other check catches."
            yield Finding("error", text)
