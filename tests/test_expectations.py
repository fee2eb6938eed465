"""What a check may expect of a play, and what the judge makes of right and wrong ones."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from drill.grader.models import CachedLM, TinyLM

Make = Callable[..., Any]
PLAY = "return impl.double(case['x'])"
NUMBER = "return impl.double(case['n'])"


def test_values_are_compared_in_float64_and_as_drawn(toy: Make, grade: Make) -> None:
    dtypes = "dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32])"
    play = "return impl.double(case['x'], 1 / 3)"
    drill = toy(draws=f"x=tensors(s.A, s.B, {dtypes})", play=play, mistakes=[])
    assert grade(drill).status == "passed"
    wide = "def double(x, times=2): return (times * x.double()).to(x.dtype)"
    assert grade(drill, wide).status == "passed"
    failed = grade(drill, "def double(x, times=2): return times * x.double()").failure
    assert "has dtype torch.float64" in failed.complaint
    rough = "def double(x, times=2): return (times * x.half()).to(x.dtype)"
    assert grade(drill, rough).failure.name == "works"


def test_gradients_are_compared(toy: Make, grade: Make) -> None:
    play = "out = impl.double(case['x']); return out, gradients(out, [case['x']])"
    drill = toy(draws="x=tensors(s.A, s.B, grad=True)", play=play, mistakes=[])
    assert grade(drill).status == "passed"
    half = "def double(x, times=2): return x + x.detach()"
    assert grade(drill, half).failure.complaint.startswith("The result[1][0]")
    for cut in ("(times * x).detach()", "torch.tensor((2 * x).tolist())"):
        failed = grade(drill, f"import torch\ndef double(x, times=2): return {cut}").failure
        assert failed.name == "works"


@pytest.mark.parametrize(
    "act", ["x.add_(1)", "x.requires_grad_()", "x.unsqueeze_(0)", "x.resize_(2)", "x.t_()"]
)
def test_changes_of_arguments_are_seen(act: str, toy: Make, grade: Make) -> None:
    draws = "rows=st.lists(st.lists(tensors(3, 2), min_size=1), min_size=1), other=seeds"
    drill = toy(draws=draws, play="impl.double(case['rows'][0][0]); return 1", mistakes=[])
    failed = grade(drill, f"def double(x, times=2): {act}").failure
    assert failed.complaint == "It modified its argument `rows`."


def test_a_number_of_another_type_is_a_change(toy: Make, grade: Make) -> None:
    draws = "rows=st.just([[1, float('nan')], [2]]), other=seeds"
    drill = toy(draws=draws, play="impl.double(case['rows']); return 1", mistakes=[])
    floats = "def double(rows, times=2):\n    rows[1][0] = float(rows[1][0])"
    assert grade(drill, floats).failure.complaint == "It modified its argument `rows`."
    assert grade(drill, "def double(rows, times=2): return rows").status == "passed"


def test_a_play_may_want_a_change(toy: Make, grade: Make) -> None:
    solution = "def double(x, times=2):\n    x.mul_(times)\n"
    play = "impl.double(case['x'])"
    drill = toy(solution=solution, draws="x=tensors(3)", play=play, mistakes=[])
    assert grade(drill).status == "passed"
    failed = grade(drill, "def double(x, times=2): x * times").failure
    assert failed.complaint == "Its argument `x` should have been modified."
    failed = grade(drill, "def double(x, times=2): x.add_(1)").failure
    assert "argument `x`" in failed.complaint


def test_exact(toy: Make, grade: Make) -> None:
    draws = "x=tensors(3, regimes=['normal']), expect=exact()"
    drill = toy(draws=draws, play=PLAY, mistakes=[])
    assert grade(drill).status == "passed"
    source = "def double(x, times=2): return times * x * (1 + 3e-7)"
    assert grade(drill, source).failure.name == "works"


def test_raises(toy: Make, grade: Make) -> None:
    solution = "def double(x, times=2):\n    raise ValueError('no')\n"
    draws = "n=ints(0, 9), expect=raises(ValueError, KeyError)"
    drill = toy(solution=solution, draws=draws, play=NUMBER, mistakes=[])
    assert grade(drill).status == "passed"
    for right in ("KeyError()", "UnicodeError()", "type('Mine', (ValueError,), {})()"):
        assert grade(drill, f"def double(x, times=2): raise {right}").status == "passed"
    failed = grade(drill, "def double(x, times=2): return x").failure
    assert failed.complaint == "It should raise ValueError or KeyError."
    assert failed.got == "0"
    failed = grade(drill, "def double(x, times=2): raise TypeError").failure
    assert failed.got.startswith("TypeError (line 1")
    failed = grade(drill, "def double(x, times=2): raise NotImplementedError").failure
    assert failed.complaint == "Not written yet."


def test_refuses(toy: Make, grade: Make) -> None:
    solution = (
        "def double(x, times=2):\n    if x < 0:\n        raise ValueError\n    return 2 * x\n"
    )
    play = "return refuses((ValueError, TypeError), impl.double, case['n'])"
    drill = toy(solution=solution, draws="n=ints(-5, 5)", play=play, mistakes=[])
    assert grade(drill).status == "passed"
    assert grade(drill, solution.replace("ValueError", "TypeError")).status == "passed"
    failed = grade(drill, solution.replace("ValueError", "KeyError")).failure
    assert failed.got.startswith("KeyError")
    assert failed.complaint == "It should raise ValueError or TypeError here."
    failed = grade(drill, "def double(x, times=2): return 2 * x").failure
    assert failed.complaint == "It should raise ValueError or TypeError here."
    assert failed.got == "'returned a int'"
    failed = grade(drill, "def double(x, times=2): raise ValueError").failure
    assert failed.got == "ValueError or TypeError"


# --- relations and laws --------------------------------------------------------------------

RELATION = """
def is_sorted(value, n):
    if not value.diff().ge(0).all():
        return f"It is not sorted for n = {n}."
    return None if len(value) == n else "Something is lost."
"""
SORTED = "import torch\ndef double(x, times=2):\n    return torch.rand(x).sort().values\n"


@pytest.fixture
def sorts(toy: Make) -> Any:
    draws = "n=ints(2, 9), expect=relation(is_sorted)"
    return toy(solution=SORTED, draws=draws, play=NUMBER, before=RELATION, mistakes=[])


def test_relations(sorts: Any, grade: Make) -> None:
    assert grade(sorts).status == "passed"
    failed = grade(sorts, "import torch\ndef double(x, times=2): return -torch.arange(x)").failure
    assert failed.complaint == "It is not sorted for n = 2."
    assert failed.got == "tensor([ 0, -1])"
    failed = grade(
        sorts, "import torch\ndef double(x, times=2): return torch.arange(x + 1)"
    ).failure
    assert failed.complaint == "Something is lost."
    failed = grade(sorts, "def double(x, times=2): raise KeyError('k')").failure
    assert failed.complaint == "It raised KeyError."


@pytest.mark.parametrize(
    "result", ["None", "3", "'text'", "[1, 2]", "{}", "object()", "torch.ones(2, 2) > 0", "x"]
)
def test_a_relation_may_take_the_form_for_granted(result: str, sorts: Any, grade: Make) -> None:
    """What it stumbles over is the submission's fault, as the reference passes."""
    source = f"import torch\ndef double(x, times=2): return {result}"
    assert grade(sorts, source, diagnose=False).failure.complaint


COIN = "import torch\ndef double(x, times=2):\n    return (torch.rand(x) < 0.3).int().tolist()\n"


@pytest.fixture
def tosses(toy: Make) -> Any:
    draws = "n=st.just(3000), examples=3, expect=law(lambda n: [0.7, 0.3])"
    return toy(solution=COIN, draws=draws, play=NUMBER, mistakes=[])


def test_laws(tosses: Any, grade: Make) -> None:
    assert grade(tosses).status == "passed"
    assert grade(tosses, COIN.replace("0.3", "0.31")).status == "passed"
    for wrong in (COIN.replace("0.3", "0.4"), COIN.replace("int()", "int().add(1)")):
        assert "its probability is 0" in grade(tosses, wrong).failure.complaint
    failed = grade(tosses, "def double(x, times=2): return None").failure
    assert failed.complaint == "The result holds no outcomes to count."


@pytest.mark.parametrize("count", [0, 1, 8, 2999, 3001])
def test_a_law_needs_as_many_outcomes_as_the_reference_draws(
    count: int, tosses: Any, grade: Make
) -> None:
    source = COIN.replace("torch.rand(x)", f"torch.rand({count})")
    assert "outcomes" in grade(tosses, source).failure.complaint


# --- work ----------------------------------------------------------------------------------

ROWS = "x=tensors(st.sampled_from([8, 20]), 3)"
LOOP = "import torch\ndef double(x, times=2): return torch.stack([row * times for row in x])"


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [
        ("3", "at most 3"),
        ("lambda x: x.shape[0] / 2", "at most 4"),
        ("times_reference(2)", "at most 2"),
        ("exactly(1)", "exactly 1"),
    ],
)
def test_work(limit: str, allowed: str, toy: Make, grade: Make) -> None:
    drill = toy(draws=f"{ROWS}, expect=work(ops={limit})", play=PLAY, mistakes=[])
    verdict = grade(drill)
    assert verdict.status == "passed"
    (row,) = verdict.work
    assert (row.name, row.yours, row.reference, row.ok) == ("ops", 1, 1, True)
    verdict = grade(drill, LOOP)
    assert verdict.failure.complaint == f"It takes 9 ops; allowed are {allowed}."
    assert not verdict.work[0].ok
    wrong = grade(drill, "def double(x, times=2): return x").failure
    assert wrong.complaint.startswith("The result")


def test_host_reads_are_told_by_their_functions(toy: Make, grade: Make) -> None:
    drill = toy(draws=f"{ROWS}, expect=work(host_reads=1)", play=PLAY, mistakes=[])
    reads = "def double(x, times=2):\n    x.tolist()\n    x.sum().item()\n    return times * x\n"
    failed = grade(drill, reads).failure
    assert failed.complaint == "It takes 2 host reads (item 1, tolist 1); allowed are at most 1."


def test_exactly_means_not_fewer(toy: Make, grade: Make) -> None:
    solution = "def double(x, times=2):\n    return x * times + 0\n"
    draws = f"{ROWS}, expect=work(ops=exactly(2))"
    drill = toy(solution=solution, draws=draws, play=PLAY, mistakes=[])
    assert grade(drill).status == "passed"
    failed = grade(drill, "def double(x, times=2): return x * times").failure
    assert failed.complaint == "It takes 1 op; allowed are exactly 2."


def test_what_a_first_call_prepares_is_free(toy: Make, grade: Make) -> None:
    drill = toy(draws=f"{ROWS}, expect=work(ops=1)", play=PLAY, mistakes=[])
    source = """
        import torch
        made = {}
        def double(x, times=2):
            if times not in made:
                made[times] = sum(torch.ones(()) for _ in range(times))
            return x * made[times]
    """
    assert grade(drill, source).status == "passed"


# --- states and models ---------------------------------------------------------------------

STEPS = 'steps=operations(add={"n": ints(1, 9)}, reset={}, drop={"place": handle}, most=8)'
COUNTER = """
class Counter:
    def __init__(self):
        self.held = []

    def add(self, n):
        self.held.append(n)
        return sum(self.held)

    def reset(self):
        self.held.clear()

    def drop(self, place):
        if not self.held:
            raise IndexError("nothing held")
        return self.held.pop(place % len(self.held))
"""


@pytest.mark.parametrize(
    ("old", "new", "steps"),
    [
        ("IndexError", "KeyError", 1),
        ("return sum(self.held)", "return n", 2),
        ("place % len(self.held)", "-1", 3),
        ("self.held.clear()", "self.held = self.held[:-1]", 4),
    ],
)
def test_operations(old: str, new: str, steps: int, toy: Make, grade: Make) -> None:
    stub = "class Counter:\n    def __init__(self):\n        raise NotImplementedError\n"
    play = "return replay(impl.Counter(), case['steps'])"
    draws = f"{STEPS}, examples=60"
    drill = toy("", COUNTER, stub, id="counter", draws=draws, play=play, mistakes=[])
    assert grade(drill).status == "passed"
    code = grade(drill, COUNTER.replace(old, new)).failure.code
    assert sum(code.count(f"('{name}', ") for name in ("add", "reset", "drop")) == steps


GREEDY = """
import torch


def double(model, ids, new):
    for _ in range(new):
        ids = torch.cat([ids, model(ids)[:, -1].argmax(-1, keepdim=True)], 1)
    return ids
"""
MODEL = (
    "model=plain_lm(vocab=ints(4, 9)), ids=token_ids(s.A, s.B, vocab=4), new=ints(0, 6),"
    "expect=work(model_calls=lambda new, **_: new, rows_fed=times_reference(1))"
)


@pytest.mark.parametrize("build", [TinyLM, CachedLM])
@pytest.mark.parametrize("ties", [False, True])
def test_models_are_the_same_in_every_dtype(build: Make, ties: bool) -> None:
    tables = []
    for dtype in (torch.float32, torch.float64):
        torch.set_default_dtype(dtype)
        try:
            tables.append(build(vocab=5, seed=3, ties=ties).table)
        finally:
            torch.set_default_dtype(torch.float32)
    assert [table.dtype for table in tables] == [torch.float32, torch.float64]
    assert torch.equal(tables[0].double(), tables[1])


def test_recipes(toy: Make, grade: Make) -> None:
    stub = "def double(model, ids, new):\n    raise NotImplementedError\n"
    play = "return impl.double(case['model'], case['ids'], case['new'])"
    drill = toy("", GREEDY, stub, draws=MODEL, play=play, mistakes=[])
    verdict = grade(drill)
    assert verdict.status == "passed"
    assert {row.name for row in verdict.work} == {"model calls", "rows fed"}
    assert grade(drill, GREEDY.replace("argmax", "argmin")).failure.name == "works"
    twice = GREEDY.replace("    for", "    for _ in range(new):\n        model(ids)\n    for")
    failed = grade(drill, twice).failure
    assert failed.complaint == "It takes 2 model calls; allowed are at most 1."
    assert "class TinyLM" in failed.code
    unused = GREEDY.replace("    for", "    model(ids[:1])\n    for")
    failed = grade(drill, unused).failure
    assert failed.complaint == "It takes 1 model call; allowed are at most 0."


# --- margins -------------------------------------------------------------------------------

SOMETIMES = "def double(x, times=2):\n    return bool(x.dtype.itemsize > 4 and x.sum() > 0)\n"


def test_cases_without_a_margin_are_skipped(toy: Make, grade: Make) -> None:
    """For a positive sum the reference answers otherwise in float64: such cases say nothing."""
    drill = toy(solution=SOMETIMES, draws="x=tensors(3)", play=PLAY, mistakes=[])
    verdict = grade(drill)
    assert verdict.status == "passed"
    assert verdict.checks[-1].examples >= 10
    assert grade(drill, "def double(x, times=2): return False").status == "passed"
    assert grade(drill, "def double(x, times=2): return True").failure.name == "works"
