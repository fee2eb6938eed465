"""Who may import what: read from the source, and from what is loaded at the end."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import drill

ROOT = Path(drill.__path__[0])
GRADER = sorted((ROOT / "grader").glob("*.py"))
CLI = sorted((ROOT / "cli").glob("*.py"))
CHECKS = sorted((ROOT / "drills").glob("*/*/checks.py"))
STUBS = sorted((ROOT / "drills").glob("*/*/stub.py"))
ANSWERS = sorted([*(ROOT / "reference").rglob("*.py"), *(ROOT / "kernels").glob("*.py")])

# What checks.py may use. The rest of the grader is the judge's and the players' own.
FOR_CHECKS = {"checks", "cases", "expect", "work", "clock", "models", "regimes"}
# Loaded by `drill list`, which must not wait for torch.
WITHOUT_TORCH = {"__init__", "catalog", "errors", "formats", "values", "verdict", "service"}
WITHOUT_TORCH |= {"channel", "launcher", "zygote", "trivial", "contract"}
HEAVY = {"torch", "numpy", "triton", "hypothesis"}
FRONT = {"rich", "typer", "click", "jinja2", "watchfiles", "platformdirs"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names of the modules that are imported anywhere below `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole module"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at_module_level(tree: ast.Module) -> ast.Module:
    """The module without function bodies and `if TYPE_CHECKING:` blocks."""

    class Shallow(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

        def visit_If(self, node: ast.If) -> ast.AST | None:
            hidden = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if hidden else self.generic_visit(node)

    made = Shallow().visit(tree)
    assert isinstance(made, ast.Module)
    return made


def tops(names: Iterator[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def ours(names: Iterator[str], package: str) -> set[str]:
    """The modules of `drill.<package>` among the names; "" for the package itself."""
    found = {tuple(name.split(".")[1:3]) for name in names if name.split(".")[0] == "drill"}
    return {parts[1] if len(parts) > 1 else "" for parts in found if parts[:1] == (package,)}


@pytest.mark.parametrize("path", GRADER, ids=named)
def test_the_grader_knows_no_terminal(path: Path) -> None:
    names = set(imports(parse(path)))
    assert not tops(iter(names)) & FRONT
    assert not ours(iter(names), "cli")


@pytest.mark.parametrize("path", CHECKS, ids=named)
def test_checks_use_what_is_meant_for_them(path: Path) -> None:
    names = set(imports(parse(path)))
    assert {name.split(".")[1] for name in names if name.startswith("drill.")} <= {"grader"}
    assert ours(iter(names), "grader") <= FOR_CHECKS
    assert "drill" not in names


@pytest.mark.parametrize("path", [*STUBS, *ANSWERS], ids=named)
def test_solutions_stand_alone(path: Path) -> None:
    assert "drill" not in tops(imports(parse(path)))


@pytest.mark.parametrize("path", CLI, ids=named)
def test_the_command_imports_nothing_heavy(path: Path) -> None:
    tree = at_module_level(parse(path))
    assert not tops(imports(tree)) & HEAVY
    assert ours(imports(tree), "grader") <= WITHOUT_TORCH


@pytest.mark.parametrize("name", sorted(WITHOUT_TORCH))
def test_what_the_command_loads_imports_nothing_heavy(name: str) -> None:
    tree = at_module_level(parse(ROOT / "grader" / f"{name}.py"))
    assert not tops(imports(tree)) & HEAVY
    assert ours(imports(tree), "grader") <= WITHOUT_TORCH


def test_content_holds_no_packages() -> None:
    for folder in ("drills", "reference", "kernels"):
        assert not list((ROOT / folder).rglob("__init__.py"))


@pytest.mark.parametrize(
    "module", ["drill.cli.app", "drill.grader.service", "drill.grader.catalog"]
)
def test_nothing_heavy_is_loaded(module: str) -> None:
    code = f"import json, sys, {module}; json.dump(sorted(sys.modules), sys.stdout)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(run.stdout)}
    assert not loaded & HEAVY


def test_listing_drills_loads_nothing_heavy() -> None:
    code = (
        "import sys; from drill.grader.catalog import Catalog; list(Catalog.load().drills);"
        "assert 'torch' not in sys.modules and 'yaml' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
