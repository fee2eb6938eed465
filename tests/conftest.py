"""Fixtures of all tests: one grader a worker, and drills written for one test."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import settings

from drill.grader.catalog import Catalog, Drill
from drill.grader.service import Job, Service
from drill.grader.verdict import Verdict

# Slow machines and other people's builds: one run is as the next.
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")

# The drill that tests write unless they say otherwise: `double(x, times=2)`.
IMPORTS = """
import torch
from hypothesis import strategies as st

from drill.grader.cases import (
    Sizes, cached_lm, generators, handle, ints, operations, plain_lm, recipe, seeds, tensors,
    tiny_mlp, token_ids,
)
from drill.grader.checks import check, gradients, refuses, replay, timed
from drill.grader.expect import exact, exactly, law, raises, relation, times_reference, work

s = Sizes("A B")
"""
CHECKS = '''
@check(x=tensors(s.A, s.B), times=ints(-3, 3), examples=12)
def scales(impl, x, times):
    """Multiplies every entry by `times`."""
    return impl.double(x, times)


@check(x=tensors(s.A), examples=6)
def doubles(impl, x):
    """Doubles without `times`."""
    return impl.double(x)
'''
SOLUTION = """
def double(x, times=2):
    return times * x
"""
STUB = """
def double(x, times=2):
    raise NotImplementedError
"""
MISTAKES = (
    {
        "name": "adds",
        "says": "It adds where it should multiply.",
        "caught_by": ["scales"],
        "replace": "times * x",
        "with": "times + x",
    },
    {
        "name": "ignores_times",
        "says": "It always doubles.",
        "caught_by": ["scales"],
        "replace": "times * x",
        "with": "2 * x",
    },
    {
        "name": "triples",
        "says": "The default is 3.",
        "caught_by": ["doubles"],
        "replace": "times=2",
        "with": "times=3",
    },
    {
        "name": "in_place",
        "says": "It overwrites its argument.",
        "caught_by": ["scales"],
        "replace": "times * x",
        "with": "x.mul_(times)",
    },
)
FACTS = {
    "title": "A toy",
    "level": "easy",
    "minutes": 5,
    "order": 1,
    "questions": [],
    "gpu": "none",
    "hints": ["Look.", "Look again.", "Multiply."],
    "followups": [{"ask": "Why?", "answer": "Because."}],
    "must": [{"says": "It doubles.", "checks": ["scales", "doubles"]}],
}
RIGHTS = {
    "multiplies": "def double(x, times=2):\n    return x * times\n",
    "reversed": "import torch\n\n\ndef double(x, times=2):\n    return torch.mul(x, times)\n",
}

Toy = Callable[..., Drill]
Grade = Callable[..., Verdict]


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """One grader a worker; gradings do not touch each other."""
    with Service() as running:
        yield running


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The drills of this checkout."""
    return Catalog.load()


@pytest.fixture
def grade(service: Service) -> Grade:
    """Grades a source text, the drill's own solution if it is left out."""

    def grade(drill: Drill, source: str = "", **options: Any) -> Verdict:
        text = dedent(source) or drill.best_solution_path.read_text(encoding="utf-8")
        return service.grade(Job(drill, text, **options))

    return grade


def one_check(play: str, draws: str, before: str) -> str:
    """A checks.py of one check."""
    claim = '"""Works."""'
    head = f"{dedent(before)}\n\n@check({draws})\ndef works(impl, **case):\n"
    return f"{head}    {claim}\n    {play}\n"


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """Writes a drill into `tmp_path` and loads it; what is left out is that of `double`.

    With `play` (and what it `draws`) it has one check, called `works`. Its arguments are in `case`.
    `more` comes behind the checks.
    """

    def write(
        checks: str = CHECKS,
        solution: str = SOLUTION,
        stub: str = STUB,
        *,
        id: str = "double",
        statement: str = "# A toy\n\nWrite `double(x, times=2)`.\n",
        mistakes: Sequence[Mapping[str, Any]] = MISTAKES,
        rights: Mapping[str, str] = RIGHTS,
        kernel: str = "",
        play: str = "",
        draws: str = "",
        before: str = "",
        more: str = "",
        **facts: Any,
    ) -> Drill:
        checks = one_check(play, draws, before) if play else checks
        folder, answers = tmp_path / "drills/toy" / id, tmp_path / "reference/toy" / id
        files = {
            folder / "drill.yaml": yaml.safe_dump(FACTS | facts),
            folder / "statement.md": statement,
            folder / "stub.py": dedent(stub),
            folder / "checks.py": IMPORTS + dedent(checks) + more,
            answers / "solution.py": dedent(solution),
            answers / "mistakes.yaml": yaml.safe_dump([dict(one) for one in mistakes]),
        }
        files |= {answers / "right" / f"{name}.py": text for name, text in rights.items()}
        if kernel:
            files[tmp_path / "kernels" / f"{id}.py"] = kernel
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Catalog.load(tmp_path).find(id)

    return write


# Runs the programs in its arguments' folders, one after the other, where no part of drill exists.
RUNNER = """
import contextlib, io, json, os, sys, types
from importlib.machinery import ModuleSpec

class NotThere:
    def find_spec(self, name, path=None, target=None):  # torch, too, asks what there is
        if name.split(".")[0] in ("drill", "hypothesis", "checks"):
            return ModuleSpec(name, self)

    def create_module(self, spec):
        raise ImportError(f"the program imports {spec.name}")

    def exec_module(self, module): ...

sys.meta_path.insert(0, NotThere())
rows = []
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.path.insert(0, folder)
    output, error = io.StringIO(), ""
    with open("case.py") as file:
        program = file.read()
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(program, "case.py", "exec"), vars(main))
        except BaseException as problem:
            error = f"{type(problem).__name__}: {problem}"
    sys.path.remove(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(folder):
            del sys.modules[name]
    rows.append({"error": error, "output": output.getvalue()})
json.dump(rows, sys.__stdout__)
"""


@pytest.fixture
def run_outside(tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    """Runs the programs that a verdict shows, each beside the files that come with it.

    It gives each one's output and error. One interpreter runs them all: torch is slow to import.
    """

    def run(programs: Sequence[tuple[str, Mapping[str, str]]]) -> list[dict[str, str]]:
        places = [(tmp_path / "outside" / str(place)).resolve() for place in range(len(programs))]
        for place, (program, files) in zip(places, programs, strict=True):
            place.mkdir(parents=True)
            for name, text in {**files, "case.py": program}.items():
                (place / name).write_text(text, encoding="utf-8")
        if not places:
            return []
        command = [sys.executable, "-P", "-c", RUNNER, *map(str, places)]
        ran = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert ran.returncode == 0, ran.stderr
        rows: list[dict[str, str]] = json.loads(ran.stdout)
        return rows

    return run
