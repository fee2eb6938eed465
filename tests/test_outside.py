"""The smallest case as a program: it runs without the tool, beside the learner's file."""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

Make = Callable[..., Any]

VARIED = '''
import math
from contextlib import contextmanager
from dataclasses import dataclass

SCALE = 2.0
FACTORS = [1, math.inf, None]


@dataclass
class Box:
    """Holds something."""

    held: object
    factor: float = SCALE

    def sizes(self):
        drawn = [self.factor]  # also a name of the module
        return drawn


drawn = st.integers(0, 3)


@contextmanager
def nothing_special():
    yield


class Target(CachedLM):
    """A model with another name."""


def boxed(held, seed):
    return Box(helper(held))


LOW, HIGH = 0, 1


def helper(x):
    s = SCALE  # also a name of the module
    return x * s if FACTORS[LOW] else x


def infinite():
    return [math.isinf(factor) for factor in FACTORS[:2]]


def random_number():
    import random

    return random.random()


@check(
    box=recipe(boxed, held=tensors(s.A), seed=seeds),
    rows=st.lists(tensors(s.A, s.B, dtype=torch.bfloat16, regimes=["holes"]), max_size=2),
    x=tensors(s.A, s.B, layouts=["transposed", "sliced"], grad=True),
    flags=st.tuples(st.sampled_from([torch.float16, torch.device("cpu"), -math.inf, b"x"])),
    source=generators,
    model=recipe(Target, vocab=5, seed=seeds),
    net=tiny_mlp(2, 3, 1),
    others=st.tuples(tensors(2, dtype=torch.int8), tensors(2, dtype=torch.bool), tensors(0, 3)),
    wave=tensors(2, dtype=torch.complex64),
    small=tensors(2, dtype=torch.float8_e4m3fn),
)
def varied(impl, box, rows, x, flags, source, model, net, others, wave, small):
    """Works with everything."""
    with nothing_special():
        out = impl.double(x)
    refused = refuses((ValueError,), impl.double, 1)
    values = [box.held, box.factor, rows, flags, source.initial_seed(), net(torch.ones(1, 2))]
    values += [model(torch.ones(1, 1, dtype=torch.int64))[0], others, wave, small.float()]
    return out, gradients(out, [x]), values, torch.rand(1), random_number(), infinite(), refused
'''
STEPS = '''
@check(steps=operations(add={"n": ints(1, 9)}, take={"x": tensors(2)}, most=4), examples=40)
def counts(impl, steps):
    """Counts."""
    return replay(impl.Counter(), steps)
'''
COUNTER = """
class Counter:
    def __init__(self):
        self.held = 0

    def add(self, n):
        self.held += n
        return self.held

    def take(self, x):
        return x
"""


def test_the_case_runs_by_itself(toy: Make, grade: Make, run_outside: Make) -> None:
    wrong = "def double(x, times=2):\n    return times * x + 1\n"
    code = grade(toy("from drill.grader.models import CachedLM\n" + VARIED), wrong).failure.code
    programs = [(code, {"double.py": wrong})]
    stub = "class Counter:\n    def __init__(self):\n        raise NotImplementedError\n"
    drill = toy(STEPS, COUNTER, stub, id="counter", mistakes=[])
    forgets = COUNTER.replace("return self.held", "return n")
    programs.append((grade(drill, forgets).failure.code, {"counter.py": forgets}))
    rows = run_outside(programs)
    assert [row["error"] for row in rows] == ["", ""]
    assert rows[0]["output"].startswith("(tensor(")
    assert rows[1]["output"].startswith("[")


def test_the_program_shows_what_the_judge_saw(toy: Make, grade: Make, run_outside: Make) -> None:
    wrong = "def double(x, times=2):\n    return times * x + 1\n"
    failed = grade(toy(), wrong).failure
    (row,) = run_outside([(failed.code, {"double.py": wrong})])
    assert row["output"].split() == failed.got.split()


def test_expanded_tensors_and_names_of_the_grader_are_written_out(
    toy: Make, grade: Make, run_outside: Make
) -> None:
    checks = """
    from drill.grader.cases import FLOATS

    @check(x=tensors(2, 3).map(lambda x: x[:1].expand(2, 3)), examples=4)
    def spread(impl, x):
        'Works with shared memory.'
        return impl.double(x), [impl.double(x.to(dtype)) for dtype in FLOATS]
    """
    wrong = "def double(x, times=2):\n    return times * x + 1\n"
    failed = grade(toy(dedent(checks)), wrong).failure
    assert ".expand(2, 3)" in failed.code and "FLOATS = (torch." in failed.code
    (row,) = run_outside([(failed.code, {"double.py": wrong})])
    assert row["error"] == "" and row["output"].startswith("(tensor(")
