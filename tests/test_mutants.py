"""Mutants of a program, and how many of them a drill's checks catch."""

import ast
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import cycle
from typing import Any, cast

import pytest
import yaml

from drill.grader.catalog import Catalog, Drill
from drill.grader.errors import ContentError, GraderError
from drill.grader.mutants import MOST, Mutant, choose, diff, mutants_of
from drill.grader.mutations import KINDS
from drill.grader.service import Job, Service
from drill.grader.survivors import Score, Survivor, score
from drill.grader.verdict import Status, Verdict

Toy = Callable[..., Drill]


def changed(source: str, kind: str) -> list[str]:
    """What the mutants of one kind make of the code around their change."""
    made = mutants_of(f"import torch\n{source}")
    return [mutant.name.partition(" -> ")[2] for mutant in made if mutant.kind == kind]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = a < b", ["y = a <= b", "y = a >= b"]),
        ("y = a <= b", ["y = a < b", "y = a > b"]),
        ("y = a > b", ["y = a >= b", "y = a <= b"]),
        ("y = a >= b", ["y = a > b", "y = a < b"]),
        ("y = a == b", ["y = a != b"]),
        ("y = a != b", ["y = a == b"]),
        ("y = a is not b", ["a is b"]),
        ("y = a in b", ["y = a not in b"]),
        ("y = 0 <= a < b", ["0 < a < b", "0 > a < b", "0 <= a <= b", "0 <= a >= b"]),
    ],
)
def test_comparisons(source: str, expected: list[str]) -> None:
    assert changed(source, "comparison") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = a + b", ["y = a - b"]),
        ("y = a * b", ["y = a / b"]),
        ("y = a // b", ["y = a / b"]),
        ("y = a % b", ["y = a // b"]),
        ("y = a ** b", ["y = a * b"]),
        ("y = a << b", ["y = a >> b"]),
        ("y = a & b", ["y = a | b"]),
        ("y = a @ b", []),
        ("y -= 1", ["y += 1"]),
        ("y = -torch.inf", ["torch.inf"]),
        ("y = -1", []),
    ],
)
def test_arithmetic(source: str, expected: list[str]) -> None:
    assert changed(source, "arithmetic") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = f(3)", ["y = f(4)", "y = f(2)"]),
        ("y = f(-1)", ["y = f(0)", "y = f(-2)"]),
        ("y = f(0.5)", ["y = f(1.5)", "y = f(-0.5)"]),
        ("y = f(1e-6)", ["y = f(0.0)", "y = f(1e-05)"]),
        ("y = f(-1e9)", ["-100000.0"]),
        ("y = f(True)", ["y = f(False)"]),
        ("y = f(bias=False)", ["f(bias=True)"]),
        ("y = f(keepdim=True)", []),  # it is left out instead
        ("y = x[0]", ["y = x[1]"]),
        ("y = x[:, 0]", ["y = x[:, 1]"]),
        ("y = x[:0]", ["y = x[:1]", "y = x[:-1]"]),
        ("y = 'text', None, ..., 1j", []),
    ],
)
def test_constants(source: str, expected: list[str]) -> None:
    assert changed(source, "constant") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = x.f(dim=-1)", ["x.f(dim=-2)"]),
        ("y = x.f(dim=-2)", ["x.f(dim=-3)", "x.f(dim=-1)"]),
        ("def f(x, dim=-1): ...", ["def f(x, dim=-2):", "def f(x, dim=0):"]),
        ("y = x.f(axis=0)", ["x.f(axis=1)"]),
        ("y = x.softmax(2)", ["x.softmax(1)", "x.softmax(3)"]),
        ("y = torch.cat(x, 0)", ["torch.cat(x, 1)"]),
        ("y = x.shape[1]", ["x.shape[0]", "x.shape[2]"]),
        ("y = f(dim=(0, 1))", ["f(dim=(1, 1))", "f(dim=(0, 0))", "f(dim=(0, 2))"]),
        ("def f(dim=1): ...", ["def f(dim=0):", "def f(dim=2):"]),
        ("def f(x: int, *, y=3, dim: int = 0): ...", ["def f(x, *, y=3, dim=1):"]),
        ("y = f(2, size=1, dim=True)", []),
    ],
)
def test_dimensions(source: str, expected: list[str]) -> None:
    assert changed(source, "dimension") == expected
    assert not set(changed(source, "constant")) & set(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = call(a, b)", ["call(b, a)"]),
        ("y = x.put(a, b, c)", ["x.put(b, a, c)", "x.put(a, c, b)"]),
        ("y = f(low=a, high=b)", ["f(low=b, high=a)"]),
        ("y = f(low=0, high=1, top=a)", ["f(low=1, high=0, top=a)"]),
        ("y = f(dtype=a, device=b), f(a, *b), f(a, a), f('ij', a), f(p, generator)", []),
        ("y = max(a, b), x.transpose(1, 2), isinstance(a, b), (f or g)(a)", []),
    ],
)
def test_arguments(source: str, expected: list[str]) -> None:
    assert changed(source, "arguments") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("self.length = n", ["pass"]),
        ("self.length: int = n", ["pass"]),
        ("x = 1\nx = f(x)", ["pass"]),
        ("def f(x):\n    x = x.float()\n    y = x\n    return y", ["pass", "pass"]),
        ("for x in y:\n    x = f(x)\n    break", ["pass", "pass"]),
        ("x += 1", ["pass"]),
        ("f(x)", ["pass"]),
        ("raise ValueError('no')", ["pass"]),
        ("del x[key]", ["pass"]),
        ("x = 1\ny, z = f()\npass\ndel x\n...\nw: int\nself.v: int", []),
        ("def f():\n    super().__init__()", []),
    ],
)
def test_statements(source: str, expected: list[str]) -> None:
    assert changed(source, "statement") == expected


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("not", "y = not a", ["y = a"]),
        ("not", "y = x.f(~mask)", ["x.f(mask)"]),
        ("and, or", "y = a and b or c", ["(a and b) and c", "(a or b) or c"]),
        ("condition", "if a: ...", ["if not a:"]),
        ("condition", "y = a if b else c", ["a if not b else c"]),
        ("condition", "y = [a for a in b if a]", ["[a for a in b if not a]"]),
        ("condition", "if not a: ...\nif a < b: ...\nwhile a: ...", []),
        ("method", "y = x.detach()", ["x"]),
        ("method", "y = torch.exp(x + 1)", ["x + 1"]),
        ("method", "y = self.relu(x)", ["x"]),
        ("method", "y = self.scale.exp()", ["self.scale"]),
        ("method", "y = list(prompt)", ["prompt"]),
        ("method", "y = x.weight.mT", ["x.weight"]),
        ("method", "y = c.append(x), x.to(tl.int64), list(*x), list(z for z in x)", []),
        ("method", "y = torch.exp(*x), torch.T", []),
        ("keyword", "y = x.sum(1, keepdim=True)", ["x.sum(1)"]),
        ("keyword", "y = f(x, dtype=t, dim=1)", ["f(x, dim=1)", "f(x, dtype=t)"]),
        ("keyword", "y = f(x, device=d, dim=0, bias=False, out=None, num_warps=4, **z)", []),
    ],
)
def test_other_kinds(kind: str, source: str, expected: list[str]) -> None:
    assert sorted(changed(source, kind)) == sorted(expected)


UNTOUCHED = '''"""A module, 1 or 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    Deep = 4

__all__ = ["f"]


@decorate(3)
def f(x: Tensor[1], n: Literal[2]) -> Array[3]:
    """The docstring, 1 + 1."""
    global count
    assert n == 7, "never"
    y: Tensor[4] = torch.empty(n, device=devices[0])
    warps = min(n // 256, 16)
    kernel[n](y, num_warps=warps, num_stages=3)
    if n:
        raise ValueError("no", 1 + n, f"{n + 1} is not {x.shape[-1]}")
    return f"{n + 1}"


if __name__ == "__main__":
    f(1)
'''


def test_what_is_left_alone() -> None:
    names = [mutant.name for mutant in mutants_of(UNTOUCHED)]
    assert names == [
        "f: kernel[n](y, num_warps=warps, num_stages=3) -> pass",
        "f: if n: -> if not n:",
        "f: raise ValueError('no', 1 + n, f'{n + 1} is not {x.shape[-1]}') -> pass",
        "f: return f'{n + 1}' -> pass",
    ]


def test_a_name_tells_the_place() -> None:
    source = (
        "class A:\n    def f(self):\n        y = first(1) + 20\n        z = lambda: x[0, 1]\n"
        "        y = first(1) + 20\n        return y\n\n\nlimit = 3\n"
    )
    names = {mutant.name for mutant in mutants_of(source)}
    assert names >= {
        "A.f: first(1) + 20 -> first(2) + 20",
        "A.f: first(1) + 20 -> first(2) + 20 (2)",
        "A.f: first(1) + 20 -> first(1) - 20",
        "A.f: lambda: x[0, 1] -> lambda: x[0, 2]",
        "A.f: return y -> pass",
        "module: limit = 3 -> limit = 4",
    }
    # An edit elsewhere changes no other name.
    moved = {mutant.name for mutant in mutants_of("import os\n\n" + source.replace("3", "5"))}
    assert {name for name in names - moved if not name.startswith("module")} == set()


def test_the_text_around_a_change_stays() -> None:
    source = "def f(a, b):\n    # why\n    y = (a\n        + b) * a  # é: so\n    return y\n"
    texts = {mutant.name: mutant.source for mutant in mutants_of(source)}
    assert texts["f: (a + b) * a -> (a - b) * a"] == source.replace("a\n        + b", "a - b")
    # Parentheses come where they are needed.
    texts = {mutant.name: mutant.source for mutant in mutants_of("y = a * b ** c\r\n")}
    assert "y = a * (b * c)\r\n" in texts.values()
    (kept,) = mutants_of('y = x["a"].exp()\n')
    assert kept.source == 'y = x["a"]\n'


def test_a_mutant_can_be_compiled() -> None:
    source = "match x:\n    case {1: a, 2: b}:\n        pass\n"
    cases = [mutant.source.splitlines()[1].strip() for mutant in mutants_of(source)]
    assert cases == ["case {0: a, 2: b}:", "case {1: a, 3: b}:"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert changed("y = 1 is not x", "comparison") == ["1 is x"]


def texts_for_people(source: str) -> set[str]:
    """The docstrings of a program, and the errors that it raises."""
    nodes = list(ast.walk(ast.parse(source)))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {ast.get_docstring(node) or "" for node in nodes if isinstance(node, kinds)}
    return docstrings | {ast.unparse(node) for node in nodes if isinstance(node, ast.Raise)}


@pytest.mark.parametrize("id", Catalog.load().ids)
def test_mutants_of_every_solution(id: str, catalog: Catalog) -> None:
    source = catalog.find(id).best_solution_path.read_text(encoding="utf-8")
    made = mutants_of(source)
    programs = [ast.unparse(ast.parse(mutant.source)) for mutant in made]
    assert len({*programs, ast.unparse(ast.parse(source))}) == len(made) + 1
    assert len({mutant.name for mutant in made}) == len(made)
    for mutant in made:
        compile(mutant.source, mutant.name, "exec")
        assert texts_for_people(mutant.source) <= texts_for_people(source)


# --- the choice ----------------------------------------------------------------------------


def many(count: int, kinds: tuple[str, ...] = ("constant", "method", "not")) -> list[Mutant]:
    """So many mutants, of which every other one is of the first kind."""
    kind = cycle(word for other in kinds[1:] for word in (kinds[0], other))
    return [Mutant(f"f: {n}", next(kind), f"{n}") for n in range(count)]


def test_a_choice_is_spread_over_the_kinds() -> None:
    chosen = choose(many(400))
    assert len(chosen) == MOST
    assert Counter(mutant.kind for mutant in chosen) == {"constant": 20, "method": 20, "not": 20}
    few = choose(many(80), most=60)
    assert Counter(mutant.kind for mutant in few) == {"constant": 20, "method": 20, "not": 20}
    rare = [*many(200, ("constant", "constant")), Mutant("f: rare", "not", "")]
    assert rare[-1] in choose(rare, most=2)
    assert {mutant.kind for mutant in rare} <= set(KINDS)


def test_a_seed_gives_the_same_choice() -> None:
    mutants = many(300)
    assert choose(mutants, 3) == choose(mutants, 3) != choose(mutants, 4)
    assert choose(many(40), 3) == many(40)
    # What comes in elsewhere hardly changes the choice.
    more = [Mutant("g: new", "not", ""), *mutants]
    assert len(set(choose(more)) & set(choose(mutants))) >= MOST - 1
    places = [mutants.index(mutant) for mutant in choose(mutants)]
    assert places == sorted(places)


def test_a_diff() -> None:
    source = "def f(x):\n    y = 2 * x\n    z = y\n    return z\n"
    (one,) = [m for m in mutants_of(source) if m.kind == "arithmetic"]
    assert diff(source, one, "toy.py").splitlines() == [
        "--- toy.py",
        "+++ toy.py",
        "@@ -1,4 +1,4 @@",
        " def f(x):",
        "-    y = 2 * x",
        "+    y = 2 / x",
        "     z = y",
        "     return z",
    ]


# --- the score -----------------------------------------------------------------------------


def test_arithmetic_of_a_score() -> None:
    survivor = Survivor("f: a -> b", "")
    found = Score("toy", caught=5, equivalent=2, survivors=(survivor,) * 3)
    assert (found.mutants, found.percent) == (10, 62.5)
    assert Score("toy", 0, 2, ()).percent is None


NAMES = [
    "double: def double(x, times=2): -> def double(x, times=3):",
    "double: def double(x, times=2): -> def double(x, times=1):",
    "double: return times * x -> pass",
    "double: return times * x -> return times / x",
]


class Fake:
    """A grader that gives each of the mutants above its status, and the solution another one."""

    def __init__(self, *statuses: Status, solution: Status = "passed") -> None:
        self.statuses = dict(zip(NAMES, statuses, strict=False)) | {"": solution}
        self.jobs: list[Job] = []

    def keeping(self) -> AbstractContextManager[None]:
        return nullcontext()

    def grade(self, job: Job) -> Verdict:
        self.jobs.append(job)
        if self.statuses[job.file] == "error":
            raise GraderError("The judge died.", code="judge")
        return Verdict(job.drill.id, self.statuses[job.file])


def graded(drill: Drill, fake: Fake, **options: Any) -> Score:
    return score(drill, cast(Service, fake), **options)


def list_equivalents(drill: Drill, *names: str) -> None:
    path = drill.answers / "mistakes.yaml"
    document = {
        "mistakes": yaml.safe_load(path.read_text()),
        "equivalent": [{"mutant": name, "reason": "It is a toy."} for name in names],
    }
    path.write_text(yaml.safe_dump(document))


def test_survivors_and_what_is_caught(toy: Toy) -> None:
    fake = Fake("passed", "failed", "timeout", "passed")
    told: list[tuple[int, int]] = []
    found = graded(toy(), fake, progress=lambda done, total: told.append((done, total)))
    assert [survivor.mutant for survivor in found.survivors] == [NAMES[0], NAMES[3]]
    assert (found.mutants, found.caught, found.equivalent, found.percent) == (4, 2, 0, 50)
    head, _, rest = found.survivors[0].diff.partition("@@")
    assert head.splitlines()[0] == "--- reference/toy/double/solution.py"
    assert "\n-def double(x, times=2):\n+def double(x, times=3):\n" in rest
    assert [job.file for job in fake.jobs] == ["", *NAMES]
    assert not any(job.shrink or job.diagnose or job.always for job in fake.jobs)
    assert told == [(0, 4), *((n, 4) for n in range(4))]


def test_equivalents_are_neither_graded_nor_counted(toy: Toy) -> None:
    drill = toy()
    list_equivalents(drill, NAMES[3])
    fake = Fake("passed", "failed", "failed")
    found = graded(drill, fake)
    assert (found.mutants, found.caught, found.equivalent) == (4, 2, 1)
    assert found.percent == pytest.approx(200 / 3)
    assert NAMES[3] not in [job.file for job in fake.jobs]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        (NAMES[3].replace("/", "//"), f"Did you mean {NAMES[3]!r}?"),
        ("gone", "Remove it from `equivalent`."),
    ],
)
def test_an_equivalent_that_is_no_mutant(name: str, remedy: str, toy: Toy) -> None:
    drill = toy()
    list_equivalents(drill, NAMES[0], name)
    with pytest.raises(ContentError, match="the solution has no mutant") as caught:
        graded(drill, Fake())
    assert name in caught.value.message and "mistakes.yaml" in caught.value.message
    assert caught.value.remedy == remedy


def test_equivalents_of_another_choice_are_known(toy: Toy) -> None:
    lines = "\n    ".join(f"x = x + {n}.5" for n in range(100, 160))
    drill = toy(solution=f"def double(x, times=2):\n    {lines}\n    return x\n")
    made = mutants_of(drill.best_solution_path.read_text())
    left_out = next(m.name for m in made if m not in choose(made))
    list_equivalents(drill, left_out)
    fake = Fake()
    fake.statuses = dict.fromkeys(["", *(mutant.name for mutant in made)], "failed") | {
        "": "passed"
    }
    assert graded(drill, fake).mutants == MOST


def test_what_can_not_be_graded_counts_neither_way(toy: Toy) -> None:
    found = graded(toy(), Fake("skipped", "skipped", "failed", "passed"))
    assert (found.mutants, found.caught, found.percent) == (2, 1, 50)
    fake = Fake(solution="skipped")
    assert graded(toy(), fake) == Score("double", 0, 0, ())
    assert len(fake.jobs) == 1


def test_a_solution_that_does_not_pass(toy: Toy) -> None:
    with pytest.raises(ContentError, match="The solution of double does not pass: failed"):
        graded(toy(), Fake(solution="failed"))


def test_a_fault_of_the_grader_names_the_mutant(toy: Toy) -> None:
    with pytest.raises(GraderError) as caught:
        graded(toy(), Fake("failed", "error"))
    assert caught.value.message == f"double, {NAMES[1]}: The judge died."


def test_the_grader_catches_mutants(toy: Toy, service: Service) -> None:
    solution = "def double(x, times=2):\n    return times * x.detach().contiguous()\n"
    found = score(toy(solution=solution), service)
    assert [survivor.mutant.partition(" -> ")[0] for survivor in found.survivors] == [
        "double: x.detach().contiguous()",
        "double: x.detach()",
    ]
    assert (found.caught, found.equivalent) == (4, 0)


def test_the_kernel_is_mutated_where_there_is_one(toy: Toy) -> None:
    drill = toy(kernel="def double(x, times=2):\n    return x + x\n")
    fake = Fake()
    fake.statuses["double: return x + x -> return x - x"] = "passed"
    fake.statuses["double: return x + x -> pass"] = "failed"
    fake.statuses |= dict.fromkeys(NAMES[:2], "failed")
    (survivor,) = graded(drill, fake).survivors
    assert survivor.diff.startswith("--- kernels/double.py\n+++ kernels/double.py\n")
