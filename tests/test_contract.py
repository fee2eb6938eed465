"""What every drill owes, and that the contract finds what is missing.

For each drill the quick part grades the reference, one other right solution, the stub, a trivial
submission and one mistake; the gate (`pytest -m gate`) grades everything.
"""

import importlib.util
import time
import warnings
import zlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

import pytest

from drill.cli.extras import has
from drill.grader import contract
from drill.grader.catalog import Catalog, Drill
from drill.grader.contract import Finding
from drill.grader.service import Job, Service
from drill.grader.trivial import ANSWERS, trivial_submission
from drill.grader.verdict import Verdict

Make = Callable[..., Any]
T = TypeVar("T")

SLOW = 10.0  # seconds of the gate, from which on a drill is named
IDS = Catalog.load().ids
each_drill = pytest.mark.parametrize("id", IDS)


def errors(findings: Sequence[Finding]) -> list[str]:
    return [finding.message for finding in findings if finding.severity == "error"]


def one_of(id: str, things: Sequence[T]) -> T:
    """One of them, another one for another drill, the same in every run."""
    return things[zlib.crc32(id.encode()) % len(things)]


def installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the package above it
        return False


@pytest.fixture
def drill(id: str, catalog: Catalog) -> Drill:
    """The drill of this id, if it can be graded here."""
    found = catalog.find(id)
    if found.extra and not has(found.extra, installed):
        pytest.skip(f"the extra {found.extra} is not installed")
    return found


# --- every drill ---------------------------------------------------------------------------


def test_there_are_drills() -> None:
    assert len(IDS) >= 5


@each_drill
def test_files(id: str, catalog: Catalog) -> None:
    drill = catalog.find(id)
    assert errors(list(contract.look_at_files(drill))) == []
    base = drill.best_solution_path.read_text(encoding="utf-8")
    sources = [mistake.source(base) for mistake in drill.mistakes()]
    assert len({*sources, base}) == len(sources) + 1
    for source in (*sources, drill.stub, *(path.read_text() for path in drill.rights())):
        compile(source, id, "exec")


@each_drill
def test_the_right_pass(id: str, drill: Drill, service: Service) -> None:
    verdict = contract.reference_verdict(drill, service)
    assert verdict.status in ("passed", "skipped"), verdict.failure
    known = {check.name for check in verdict.checks}
    for names in (*(must.checks for must in drill.must), *(m.caught_by for m in drill.mistakes())):
        assert set(names) <= known
    if drill.rights():
        path = one_of(id, drill.rights())
        right = service.grade(Job(drill, path.read_text(encoding="utf-8"), str(path)))
        assert right.status in ("passed", "skipped"), (path.name, right.failure)


@each_drill
def test_the_wrong_fail(id: str, drill: Drill, service: Service) -> None:
    stub = service.grade(Job(drill, drill.stub))
    assert stub.status in ("failed", "skipped")
    kind = one_of(id, sorted(ANSWERS))
    source = trivial_submission(drill.stub, kind)
    trivial = service.grade(Job(drill, source, kind, diagnose=False, shrink=False))
    assert trivial.status != "passed" or kind in drill.trivially_right, kind
    mistake = one_of(id, drill.mistakes())
    verdict = contract.grade_mistake(drill, mistake, service)
    if verdict.status != "skipped":
        assert errors(list(contract.mistake_findings(mistake, verdict))) == []


class Recorder:
    """A grader that remembers what it was asked and what it said."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.gradings: list[tuple[Job, Verdict]] = []

    def keeping(self) -> AbstractContextManager[None]:
        return self._service.keeping()

    def grade(self, job: Job) -> Verdict:
        verdict = self._service.grade(job)
        self.gradings.append((job, verdict))
        return verdict


@pytest.mark.gate
@each_drill
def test_everything(id: str, drill: Drill, service: Service, run_outside: Make) -> None:
    """The whole contract; and each case that a learner is shown runs without the tool."""
    began = time.monotonic()
    recorder = Recorder(service)
    messages = errors(contract.verify(drill, cast(Service, recorder)))
    failures = [(job, verdict.failure) for job, verdict in recorder.gradings]
    shown = [(job, failure) for job, failure in failures if failure and failure.code]
    rows = run_outside([(failure.code, {f"{id}.py": job.source}) for job, failure in shown])
    for (job, failure), row in zip(shown, rows, strict=True):
        if row["error"].partition(":")[0] not in failure.complaint + failure.got:
            messages.append(f"The case of {job.file} ends in {row['error']}")
    seconds = time.monotonic() - began
    if seconds > SLOW:
        warnings.warn(f"{id} takes {seconds:.0f} s of the gate.", stacklevel=1)
    assert messages == []


# --- the contract itself -------------------------------------------------------------------


def found_in_files(drill: Drill) -> str:
    return "\n".join(finding.message for finding in contract.look_at_files(drill))


def test_a_drill_that_gives_what_it_owes(toy: Make, service: Service) -> None:
    told: list[str] = []
    assert contract.verify(toy(), service, told.append) == []
    steps = ["right/multiplies.py", "right/reversed.py", "trivial submissions"]
    names = ["adds", "ignores_times", "triples", "in_place"]
    assert told == ["reference", *steps, *(f"mistake {name}" for name in names)]


ONE = {"name": "one", "says": "One.", "caught_by": ["scales"], "replace": "times * x", "with": "x"}
OTHER = (
    "class Box:\n    def put(self, x, *, deep=True, **rest): ...\n\n    def _hidden(self): ...\n"
)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"statement": "# A toy\n\nWrite it.\n"}, "The statement does not name `double`."),
        ({"solution": "def other(x): ...\n"}, "does not define `double`"),
        ({"solution": "def double(x, times=3): ...\n"}, "has double(x, times=3), the stub"),
        ({"solution": "def double(x, factor=2): ...\n"}, "has double(x, factor=2), the stub"),
        ({"solution": "def double(x, *, times=2): ...\n"}, "the stub double(x, times=2)"),
        ({"mistakes": [ONE]}, "fewer than 4 mistakes"),
        ({"rights": {"one": "def double(x, times=2): ...\n"}}, "fewer than 2 solutions"),
        ({"followups": []}, "There is no follow-up."),
        ({"hints": ["Long. " * 9, "b", "c"]}, "The first hint is far longer"),
        ({"stub": OTHER, "solution": "class Box: ...\n"}, "does not define `Box.put`"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_faults_that_show_in_the_files(facts: dict[str, Any], text: str, toy: Make) -> None:
    assert text in found_in_files(toy(**facts))


def test_annotations_are_no_part_of_a_signature(toy: Make) -> None:
    stub = "def double(x: 'Tensor', times: int = 2) -> 'Tensor':\n    raise NotImplementedError\n"
    assert found_in_files(toy(stub=stub)) == ""
    solution = OTHER.replace("put(self, x,", "put(self, x: int,")
    drill = toy(stub=OTHER, solution=solution, statement="# Box\n\nA Box.\n")
    assert found_in_files(drill) == ""


def test_faults_of_right_solutions(toy: Make, service: Service) -> None:
    rights = {"wrong": "def double(x, times=2): return x\n", "fine": "from torch import mul\n"}
    rights["fine"] += "def double(x, times=2): return mul(x, times)\n"
    messages = errors(contract.verify(toy(rights=rights, mistakes=[]), service))
    assert any(text.startswith("right/wrong.py does not pass: failed.") for text in messages)
    assert not any("fine" in text for text in messages)


def test_a_reference_that_does_not_pass(toy: Make, service: Service) -> None:
    drill = toy(
        draws="x=tensors(3), expect=relation(lambda value, x: 'Never right.')",
        play="return impl.double(case['x'])",
        mistakes=[],
        must=[{"says": "It works.", "checks": ["works", "no_such_check"]}],
    )
    messages = errors(contract.verify(drill, service))
    assert any(text.startswith("The reference does not pass: failed.") for text in messages)
    assert "A must line names the check no_such_check, which is not there." in messages


def test_faults_of_mistakes(toy: Make, service: Service) -> None:
    mistakes = [
        ONE | {"name": "harmless", "with": "x * times"},
        ONE | {"name": "elsewhere", "with": "times * x + (x.dim() == 1)"},
        ONE | {"name": "first_twin", "says": "First.", "with": "times * x + 1"},
        ONE | {"name": "second_twin", "says": "Second.", "with": "1 + times * x"},
        ONE | {"name": "lost", "with": "3 * x", "caught_by": ["no_such_check"]},
    ]
    drill = toy(mistakes=mistakes)
    messages = "\n".join(errors(contract.verify(drill, service)))
    for text in (
        "The mistake lost names the check no_such_check, which is not there.",
        "The mistake harmless gets passed.",
        "The mistake elsewhere is not caught by scales, but by ['doubles'].",
        "The mistake first_twin has no diagnosis of its own: none is given.",
        "The mistake second_twin has no diagnosis of its own: none is given.",
        "The mistake lost is not caught by no_such_check, but by",
    ):
        assert text in messages
    assert "catches no mistake" not in messages


def test_a_check_that_adds_nothing(toy: Make, service: Service) -> None:
    messages = errors(contract.verify(toy(mistakes=[ONE]), service))
    idle = [text for text in messages if "catches no mistake that no other" in text]
    assert idle == ["The check doubles catches no mistake that no other check catches."]


def test_what_a_learner_would_see_fail() -> None:
    needs = {"first": frozenset[str](), "second": frozenset({"first"}), "third": frozenset[str]()}
    assert contract.would_run({"first", "second", "third"}, needs) == {"first", "third"}
    assert contract.would_run({"second", "third", "rules"}, needs) == {"second", "third", "rules"}


@pytest.mark.parametrize(
    ("kind", "solution"),
    [("input", "return x"), ("zeros", "return 0 * x"), ("none", "x.sum()")],
)
def test_trivial_submissions_that_pass(
    kind: str, solution: str, toy: Make, service: Service
) -> None:
    facts = {"solution": f"def double(x, times=2):\n    {solution}\n", "mistakes": []}
    facts |= {"draws": "x=tensors(3)", "play": "return impl.double(case['x'])"}
    found = errors(list(contract.trivial_findings(toy(**facts), service)))
    assert found == [f"A trivial submission ({kind}) gets passed."]
    allowed = toy(**facts, trivially_right={kind: "It is a toy."})
    assert list(contract.trivial_findings(allowed, service)) == []


@pytest.mark.parametrize("kind", sorted(ANSWERS))
@each_drill
def test_trivial_submissions_can_be_imported(kind: str, id: str, catalog: Catalog) -> None:
    stub = catalog.find(id).stub
    source = trivial_submission(stub, kind)
    compile(source, kind, "exec")
    assert contract.signatures(source) == contract.signatures(stub)
