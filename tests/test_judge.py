"""The judge, end to end: what it finds, how small, how surely, and what it says."""

import json
import os
import sys
import threading
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest
import torch

from drill.grader.cases import ints
from drill.grader.catalog import Catalog
from drill.grader.checks import Check
from drill.grader.errors import ContentError, GraderError
from drill.grader.hunt import Hunt
from drill.grader.service import Cancelled, Job, Service
from drill.grader.verdict import Verdict

Make = Callable[..., Any]


def statuses(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.status for check in verdict.checks}


# --- a whole grading -----------------------------------------------------------------------


def test_the_reference_passes(toy: Make, grade: Make) -> None:
    verdict = grade(toy())
    assert (verdict.status, verdict.exit_status, verdict.failure) == ("passed", 0, None)
    assert statuses(verdict) == {"loads": "passed", "scales": "passed", "doubles": "passed"}
    assert all(check.examples >= 6 for check in verdict.checks[1:])
    assert verdict.checks[1].claim == "Multiplies every entry by `times`."
    document = verdict.to_json()
    assert Verdict.from_json(json.loads(json.dumps(document))).to_json() == document


def test_the_stub_is_not_written_yet(toy: Make, grade: Make) -> None:
    drill = toy()
    verdict = grade(drill, drill.stub)
    assert (verdict.status, verdict.exit_status) == ("failed", 1)
    assert statuses(verdict) == {"loads": "passed", "scales": "failed", "doubles": "not run"}
    failed = verdict.failure
    assert (failed.complaint, failed.code, failed.diagnosis) == ("Not written yet.", "", "")


@pytest.mark.parametrize("name", ["adds", "ignores_times", "triples", "in_place"])
def test_each_mistake_is_named(name: str, toy: Make, grade: Make) -> None:
    drill = toy()
    mistake = next(one for one in drill.mistakes() if one.name == name)
    source = mistake.source(drill.solution_path.read_text())
    failed = grade(drill, source).failure
    assert failed.name in mistake.caught_by
    assert failed.diagnosis == mistake.says
    assert failed.code
    assert grade(drill, source, diagnose=False).failure.diagnosis == ""


def test_an_unknown_mistake_gets_no_name(toy: Make, grade: Make) -> None:
    failed = grade(toy(), "def double(x, times=2): return times * x + 1").failure
    assert failed.code
    assert failed.diagnosis == ""


def test_mistakes_that_do_the_same_are_not_told_apart(toy: Make, grade: Make) -> None:
    one = {"name": "one", "says": "One.", "caught_by": ["scales"], "replace": "times * x"}
    mistakes = [one | {"with": "x + times"}, one | {"name": "other", "with": "times + x"}]
    drill = toy(mistakes=mistakes)
    assert grade(drill, "def double(x, times=2): return x + times").failure.diagnosis == ""


def test_what_is_printed_is_shown(toy: Make, grade: Make) -> None:
    source = """
        import sys
        print("at import")
        def double(x, times=2):
            print("on", x.dim(), "axes")
            print("to stderr", file=sys.stderr)
            return 3
    """
    output = grade(toy(), source).output
    for line in ("at import\n", "on 2 axes\n", "to stderr\n"):
        assert line in output
    assert "last words" in grade(toy(), "print('last words')\n1 / 0").output
    dies = "import os\ndef double(x, times=2):\n    print('last words')\n    os.abort()\n"
    assert "last words" in grade(toy(), dies).output


def test_checks_that_can_not_be_meant(toy: Make, grade: Make) -> None:
    drawn = "@check(n=ints(1, 3))\ndef {name}(impl, n):\n    {doc}return impl.double(n)\n"
    nameless = drawn.format(name="doubles", doc="")
    shadow = drawn.format(name="generator", doc="'Right.'\n    ")
    late = "@check(after=('later',), n=ints(1, 3))\ndef doubles(impl, n):\n    'Right.'\n"
    said = {
        nameless: "no docstring",
        shadow: "name of a builder or of a check",
        late: "no such check",
        "": "no check",
    }
    for checks, text in said.items():
        with pytest.raises(ContentError, match=text):
            grade(toy(checks=checks))


def test_progress_is_told(toy: Make, service: Service) -> None:
    told: list[tuple[str, int, int]] = []
    drill = toy()
    job = Job(drill, drill.solution_path.read_text())
    service.grade(job, lambda *row: told.append(row))
    assert told == [("scales", 0, 2), ("doubles", 1, 2)]


def test_a_seed_draws_its_own_cases(toy: Make, grade: Make) -> None:
    source = "def double(x, times=2):\n    print(x.tolist(), times)\n    return times * x"
    first, again, other = (grade(toy(), source, seed=seed) for seed in (0, 0, 1))
    assert first.output == again.output != other.output
    assert (first.seed, other.seed) == (0, 1)


def test_one_judge_for_many_gradings_says_the_same(
    toy: Make, catalog: Catalog, service: Service
) -> None:
    """What a judge keeps between gradings changes no word of a verdict, whatever comes between."""
    drill, other = toy(), catalog.find("softmax")
    right = drill.solution_path.read_text()
    wrong = "def double(x, times=2): return times * x if x.numel() < 9 else x"
    dies = "import os\ndef double(x, times=2): os._exit(3)"
    jobs = [Job(drill, text) for text in (right, wrong, dies, right, drill.stub, wrong)]
    jobs += [Job(other, other.stub), Job(drill, wrong), Job(drill, wrong, seed=1)]
    with service.keeping():
        kept = [service.grade(job) for job in jobs]
    for verdict, job in zip(kept, jobs, strict=True):
        alone = service.grade(job)
        verdict.seconds = alone.seconds
        assert verdict.to_json() == alone.to_json()
    assert [one.status for one in kept[:4]] == ["passed", "failed", "failed", "passed"]


def test_a_kept_judge_outlives_a_cancelled_grading(toy: Make, service: Service) -> None:
    drill = toy()
    right = Job(drill, drill.solution_path.read_text())
    with service.keeping():
        assert service.grade(right).status == "passed"
        with pytest.raises(Cancelled):
            service.grade(right, lambda *_: service.cancel())
        assert service.grade(right).status == "passed"


def test_a_grading_is_cancelled_from_another_thread(
    toy: Make, grade: Make, service: Service
) -> None:
    drill = toy()
    hangs = "import threading\ndef double(x, times=2):\n    threading.Event().wait()\n"
    threads: list[threading.Thread] = []

    def cancel(*_: object) -> None:
        threads.append(threading.Thread(target=service.cancel))
        threads[-1].start()

    with pytest.raises(Cancelled):
        service.grade(Job(drill, hangs), cancel)
    for thread in threads:
        thread.join()
    service.cancel()  # nothing runs: nothing happens
    assert grade(drill).status == "passed"


def test_fresh_interpreters_judge_alike(
    toy: Make, grade: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked = grade(toy())
    monkeypatch.setenv("DRILL_FORK", "0")
    drill = toy()
    with Service() as fresh:
        assert fresh._zygote is None
        verdict = fresh.grade(Job(drill, drill.solution_path.read_text()))
    assert verdict.status == "passed"
    assert verdict.to_json() | {"seconds": 0} == forked.to_json() | {"seconds": 0, "file": ""}


# --- the smallest case ---------------------------------------------------------------------

DRAWS = "n=ints(0, 100_000), x=tensors(s.A, s.B), examples=30"
PLAY = "return impl.double(case['x'], case['n'])"
WRONG = "def double(x, times=2): return times * x + (times >= 1374 and x.numel() >= 5)"


def test_the_smallest_case_is_found(toy: Make, grade: Make) -> None:
    code = grade(toy(draws=DRAWS, play=PLAY, mistakes=[]), WRONG).failure.code
    assert "\nn = 1374\n" in code
    tensor = code.partition("\nx = ")[2].partition("\ntorch.manual_seed")[0].partition("\nprint")[0]
    assert eval(tensor, {"torch": torch}).shape in [(2, 3), (3, 2)]


def test_one_submission_and_seed_give_one_verdict(toy: Make, grade: Make) -> None:
    drill = toy(draws=DRAWS, play=PLAY, mistakes=[])
    verdicts = [grade(drill, WRONG).to_json() | {"seconds": 0} for _ in range(20)]
    assert all(verdict == verdicts[0] for verdict in verdicts)


def test_a_death_is_found_and_shown(toy: Make, grade: Make) -> None:
    source = """
        import os
        def double(x, times=2):
            if x.dim() == 1:
                os.abort()
            return times * x
    """
    failed = grade(toy(), source).failure
    assert (failed.name, failed.complaint) == ("doubles", "The process died (SIGABRT).")
    assert "print(doubles(impl, x=x))" in failed.code


def test_a_hang_ends_the_grading(toy: Make, grade: Make) -> None:
    source = "def double(x, times=2):\n    while times == 3:\n        pass\n    return times * x"
    verdict = grade(toy(), source)
    assert verdict.status == "timeout"
    assert statuses(verdict) == {"loads": "passed", "scales": "failed", "doubles": "not run"}
    assert "times = 3" in verdict.failure.code


def test_what_is_kept_between_calls_is_called_so(toy: Make, grade: Make) -> None:
    source = """
        kept = []
        def double(x, times=2):
            kept.append(x)
            return times * x + (len(kept) > 5)
    """
    assert grade(toy(), source).failure.complaint.startswith("Non-deterministic: ")


def test_large_cases(toy: Make, grade: Make) -> None:
    """Inputs and results of 8 MB pass through sockets that hold far less."""
    draws = "x=tensors(1024, 2048, layouts=['contiguous']), examples=2"
    drill = toy(draws=draws, play="return impl.double(case['x'])", mistakes=[])
    assert grade(drill).status == "passed"
    failed = grade(drill, "def double(x, times=2): return times * x + 1").failure
    assert "too large to print" in failed.code


# --- which checks run ----------------------------------------------------------------------

FOUR = '''
@check(n=ints(1, 9))
def first(impl, n):
    """First."""
    return impl.double(n)


@check(n=ints(1, 9))
def second(impl, n):
    """Second."""
    return impl.double(-n)


@check(n=ints(1, 9), after=())
def third(impl, n):
    """Third."""
    return impl.double(10 * n)


@check(n=ints(1, 9), after=("second", "third"))
def fourth(impl, n):
    """Fourth."""
    return impl.double(0)
'''


@pytest.mark.parametrize(
    ("fails", "always", "wanted"),
    [
        ("x > 0", (), ["failed", "not run", "failed", "not run"]),
        ("x >= 20", (), ["passed", "passed", "failed", "not run"]),
        ("x > 0", ("second", "fourth"), ["failed", "passed", "failed", "passed"]),
        ("x > 0", ("fourth",), ["failed", "not run", "failed", "passed"]),
        ("0 < x < 10", (), ["failed", "not run", "passed", "not run"]),
        ("x > 100", (), ["passed", "passed", "passed", "passed"]),
    ],
)
def test_dependent_checks(
    fails: str, always: tuple[str, ...], wanted: list[str], toy: Make, grade: Make
) -> None:
    source = f"def double(x, times=2): return 0 if {fails} else times * x"
    verdict = grade(toy(FOUR, mistakes=[]), source, always=always)
    assert list(statuses(verdict).values()) == ["passed", *wanted]


def test_an_error_of_the_grader_s_own_ends_the_search_at_once() -> None:
    calls = []

    def trial(*case: Any) -> Any:
        calls.append(case)
        raise GraderError("The disk is full.", code="disk")

    hunt = Hunt(Check("any", "Any.", lambda impl, n: n, {"n": ints(1, 9)}), trial)
    with pytest.raises(GraderError, match="The disk is full"):
        hunt.run("seed")
    assert len(calls) == 1


ON_GPU = '''
@check(n=ints(1, 9), gpu=True)
def on_gpu(impl, n):
    """On the GPU."""
    return impl.double(n)
'''


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_checks_that_need_a_gpu(toy: Make, grade: Make) -> None:
    verdict = grade(toy(FOUR + ON_GPU, mistakes=[]))
    assert (verdict.status, verdict.partial) == ("passed", True)
    assert statuses(verdict)["on_gpu"] == "not graded here"
    drill = toy(ON_GPU, mistakes=[])
    verdict = grade(drill)
    assert (verdict.status, verdict.exit_status) == ("skipped", 3)
    assert grade(drill, "1 / 0").status == "error"


# --- faults --------------------------------------------------------------------------------

ITSELF = "return case['x']"


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"play": "return case['x'].dtype.itemsize"}, "margin"),
        ({"play": "return case['x'].float() @ case['x']"}, "float64"),
        ({"play": ITSELF, "draws": "x=tensors(3), after=['no']"}, "no such check"),
        ({"play": ITSELF, "draws": "x=tensors(3), expect=work(steps=3)"}, "No counter"),
        ({"play": ITSELF, "draws": "x=st.just(object())"}, "object"),
        ({"play": ITSELF, "draws": "x=st.just([{1, 2}])"}, "set"),
        ({"play": ITSELF, "solution": "1 / 0"}, "can't be imported"),
        ({"play": ITSELF, "forbid": [{"call": "torch.no_such_thing"}]}, "forbid"),
        ({"checks": FOUR.replace('"""Third."""', "pass")}, "docstring"),
        ({"checks": "x = 1"}, "no check"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_faults_of_the_author(facts: dict[str, Any], text: str, toy: Make, grade: Make) -> None:
    drill = toy(**{"draws": "x=tensors(3)", "mistakes": []} | facts)
    with pytest.raises(ContentError, match=text):
        grade(drill, "def double(x, times=2): return x")


@pytest.mark.parametrize(
    "body",
    [
        "return 10 ** 9999",
        "return Odd()",
        "return [Odd()]",
        "return {Odd(): 1}",
        "return torch.nested.nested_tensor([x, x])",
        "return [torch.zeros(1 << 29, dtype=torch.uint8)] * 20",
        "return ['x' * 10**7]",
        "return Deep()",
    ],
)
def test_what_cannot_be_sent_is_the_submission_s_fault(body: str, toy: Make, grade: Make) -> None:
    source = dedent("""
        import dataclasses
        import torch

        class Odd:
            @property
            def __class__(self):
                raise RuntimeError("no class")

        @dataclasses.dataclass
        class Deep:
            inner: int = 0

            def __getattribute__(self, name):
                raise MemoryError

        def double(x, times=2):
            BODY
    """)
    failed = grade(toy(), source.replace("BODY", body), diagnose=False).failure
    assert failed is not None
    assert failed.name == "scales"


def test_a_broken_installation_is_named(toy: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRILL_FORK", "1")
    broken = [sys.executable, "-c", "raise SystemExit('no module named torch')"]
    monkeypatch.setattr("drill.grader.service.interpreter", lambda *_: broken)
    drill = toy()
    with Service() as service:
        if service._zygote is None:
            pytest.skip("this platform does not fork")
        with pytest.raises(GraderError, match="can't start: no module named torch") as caught:
            service.grade(Job(drill, ""))
    assert caught.value.code == "zygote"


def test_a_killed_zygote_is_named(toy: Make) -> None:
    drill = toy()
    with Service() as service:
        if service._zygote is None:
            pytest.skip("this platform does not fork")
        service._zygote.kill()
        service._zygote.wait()
        with pytest.raises(GraderError) as caught:
            service.grade(Job(drill, ""))
    assert caught.value.code == "zygote"


def test_nothing_is_left_of_a_service(toy: Make) -> None:
    drill = toy()
    with Service() as service:
        folder, zygote = service._folder, service._zygote
        assert service.grade(Job(drill, drill.stub)).status == "failed"
        assert os.listdir(folder) == ["zygote.log"] or zygote is None
    assert not folder.exists()
    assert zygote is None or zygote.returncode is not None
