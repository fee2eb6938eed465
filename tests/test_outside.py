"""The smallest case as a program: it runs without the tool, beside the learner's file."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from drill.grader.catalog import Catalog
from drill.grader.service import Job, Service

Make = Callable[..., Any]

RUNNER = """
import contextlib, io, json, os, sys

class NotThere:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("drill", "hypothesis", "checks"):
            raise ImportError(f"the program imports {name}")

sys.meta_path.insert(0, NotThere())
rows = []
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.path.insert(0, folder)
    output, error = io.StringIO(), ""
    with open("case.py") as file:
        program = file.read()
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(program, "case.py", "exec"), {"__name__": "__main__"})
        except BaseException as problem:
            error = f"{type(problem).__name__}: {problem}"
    sys.path.remove(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(folder):
            del sys.modules[name]
    rows.append({"error": error, "output": output.getvalue()})
json.dump(rows, sys.__stdout__)
"""


def run_outside(
    programs: Sequence[tuple[str, Mapping[str, str]]], folder: Path
) -> list[dict[str, str]]:
    """Each program's output and error; it is run beside the files that come with it.

    One interpreter runs them all, for torch takes its time to be imported.
    """
    places = []
    for number, (program, files) in enumerate(programs):
        place = (folder / str(number)).resolve()
        place.mkdir(parents=True)
        for name, text in {**files, "case.py": program}.items():
            (place / name).write_text(text, encoding="utf-8")
        places.append(str(place))
    if not places:
        return []
    command = [sys.executable, "-P", "-c", RUNNER, *places]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stderr
    rows: list[dict[str, str]] = json.loads(run.stdout)
    return rows


VARIED = '''
import math

SCALE = 2.0
FACTORS = [1, math.inf, None]


class Box:
    """Holds something."""

    def __init__(self, held, factor=SCALE):
        self.held = held
        self.factor = factor


class Target(CachedLM):
    """A model with another name."""


def boxed(held, seed):
    return Box(helper(held))


def helper(x):
    return x * SCALE if FACTORS[0] else x


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


def test_the_case_runs_by_itself(toy: Make, grade: Make, tmp_path: Path) -> None:
    wrong = "def double(x, times=2):\n    return times * x + 1\n"
    code = grade(toy("from drill.grader.models import CachedLM\n" + VARIED), wrong).failure.code
    programs = [(code, {"double.py": wrong})]
    stub = "class Counter:\n    def __init__(self):\n        raise NotImplementedError\n"
    drill = toy(STEPS, COUNTER, stub, id="counter", mistakes=[])
    forgets = COUNTER.replace("return self.held", "return n")
    programs.append((grade(drill, forgets).failure.code, {"counter.py": forgets}))
    rows = run_outside(programs, tmp_path / "outside")
    assert [row["error"] for row in rows] == ["", ""]
    assert rows[0]["output"].startswith("(tensor(")
    assert rows[1]["output"].startswith("[")


def test_the_program_shows_what_the_judge_saw(toy: Make, grade: Make, tmp_path: Path) -> None:
    wrong = "def double(x, times=2):\n    return times * x + 1\n"
    failed = grade(toy(), wrong).failure
    (row,) = run_outside([(failed.code, {"double.py": wrong})], tmp_path / "outside")
    assert row["output"].split() == failed.got.split()


@pytest.mark.gate
@pytest.mark.parametrize("id", Catalog.load().ids)
def test_the_case_of_every_mistake_runs_by_itself(
    id: str, catalog: Catalog, service: Service, tmp_path: Path
) -> None:
    drill = catalog.find(id)
    base = drill.best_solution_path.read_text(encoding="utf-8")
    programs, told = [], []
    for mistake in drill.mistakes():
        source = mistake.source(base)
        failed = service.grade(Job(drill, source, diagnose=False)).failure
        if failed is not None and failed.code:
            programs.append((failed.code, {f"{id}.py": source}))
            told.append((mistake.name, failed.complaint + failed.got))
    rows = run_outside(programs, tmp_path / "outside")
    for (name, text), row in zip(told, rows, strict=True):
        assert not row["error"] or row["error"].partition(":")[0] in text, (name, row["error"])
