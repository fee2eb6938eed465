"""The smallest case as a program that runs outside the tool, beside the learner's file."""

import ast
import inspect
import math
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from drill.grader import models
from drill.grader.checks import Check
from drill.grader.codec import Recipe

MOST_ELEMENTS = 4_096
WIDTH = 76  # of a line of numbers, so that it fits into a terminal with its indent
INLINE = 48  # of numbers that stand on one line with the name and the dtype
IMPORTED = ("torch",)  # at the head of every program
INTERPRETED = 'import os\n\nos.environ["TRITON_INTERPRET"] = "1"  # before triton is imported\n'


def case_code(
    check: Check,
    module: ModuleType,
    text: str,
    arguments: Mapping[str, Any],
    drill: str,
    seed: int,
    kernel: bool = False,
) -> str:
    """Python that imports `<drill>.py`, builds the case and prints what the play returns."""
    if sum(tensor.numel() for tensor in _tensors(arguments.values())) > MOST_ELEMENTS:
        return f"# The case is too large to print; `drill check {drill}` finds it again.\n"
    built = _recipes(arguments.values())
    helpers = _definitions([*(recipe.function for recipe in built), check.name], module, text)
    recipes = [_source(_builder(recipe, module)) for recipe in built]
    lines = [f"{name} = {literal(value)}" for name, value in arguments.items()]
    call = ", ".join(["impl", *(f"{name}={name}" for name in arguments)])
    case = [f"torch.manual_seed({seed})", "\n".join(lines), f"print({check.name}({call}))"]
    imports, definitions = _imports_first(dict.fromkeys([*helpers, *recipes]), case)
    parts = [
        INTERPRETED if kernel else "",
        "\n".join(imports),
        f"import {drill} as impl  # your file: run this beside it\n",
        *definitions,
        *case,
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _imports_first(parts: Iterable[str], case: Sequence[str]) -> tuple[list[str], list[str]]:
    """The imports of some definitions, those that are used, and the definitions without them."""
    imports: dict[str, None] = {"import torch": None}
    rest: list[str] = []
    for part in parts:
        nodes = [n for n in ast.parse(part).body if isinstance(n, (ast.Import, ast.ImportFrom))]
        taken = {line for node in nodes for line in range(node.lineno, (node.end_lineno or 0) + 1)}
        imports |= dict.fromkeys(ast.unparse(node) for node in nodes)
        kept = [line for at, line in enumerate(part.split("\n"), 1) if at not in taken]
        rest.append("\n".join(kept))
    used = {n.id for n in ast.walk(ast.parse("\n".join([*rest, *case]))) if isinstance(n, ast.Name)}
    narrowed = (_only(line, used | set(IMPORTED)) for line in imports)
    return [line for line in narrowed if line], [part for part in rest if part.strip()]


def _only(line: str, used: Collection[str]) -> str:
    """An import with the names that are used; empty if none is."""
    (node,) = ast.parse(line).body
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    node.names = [
        alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in used
    ]
    return ast.unparse(node) if node.names else ""


def literal(value: Any) -> str:
    """An expression that gives the value back."""
    match value:
        case Tensor():
            return _tensor_literal(value)
        case Recipe():
            inside = ", ".join(f"{name}={literal(part)}" for name, part in value.arguments.items())
            return f"{value.function}({inside})"
        case list():
            return "[" + ", ".join(literal(item) for item in value) + "]"
        case tuple():
            inside = ", ".join(literal(item) for item in value)
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case dict():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case torch.device():
            return f"torch.device({str(value)!r})"
        case float() if not math.isfinite(value):
            return f"float({str(value)!r})"
    return repr(value)


def _tensor_literal(tensor: Tensor) -> str:
    wide = tensor.detach()
    numbers = wide.double().tolist() if wide.is_floating_point() else wide.tolist()
    text = f"torch.tensor({_wrapped(numbers)}, dtype={tensor.dtype})"
    if tensor.numel() == 0:
        text = f"torch.empty({tuple(tensor.shape)}, dtype={tensor.dtype})"
    shape, stride = tuple(tensor.shape), tuple(tensor.stride())
    shared = [axis for axis, step in enumerate(stride) if step == 0 and shape[axis] > 1]
    if shared and tensor.numel():
        base = tensor.detach()
        for axis in shared:
            base = base.narrow(axis, 0, 1)
        text = f"{_tensor_literal(base)}.expand{shape}"
    elif not tensor.is_contiguous():
        text = f"torch.empty_strided({shape}, {stride}, dtype={tensor.dtype}).copy_({text})"
    return f"{text}.requires_grad_()" if tensor.requires_grad else text


def _wrapped(value: Any) -> str:
    """Numbers in lines of at most WIDTH, broken between rows where that is possible."""
    text = _numbers(value)
    if len(text) <= INLINE or not isinstance(value, list):
        return text
    lines = [""]
    for item in (f"{_numbers(part)}, " for part in value):
        if lines[-1] and len(lines[-1]) + len(item) > WIDTH:
            lines.append("")
        lines[-1] += item
    folded = (textwrap.fill(line.rstrip(), WIDTH, break_long_words=False) for line in lines)
    return "[\n" + textwrap.indent("\n".join(folded), "    ") + "\n]"


def _numbers(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_numbers(item) for item in value) + "]"
    if isinstance(value, float):
        if not math.isfinite(value):
            return f"float({str(value)!r})"
        return repr(int(value)) + "." if value.is_integer() and abs(value) < 1e6 else repr(value)
    return repr(value)


def _tensors(values: Iterable[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += _tensors(value)
        elif isinstance(value, dict):
            found += _tensors(value.values())
        elif isinstance(value, Recipe):
            found += _tensors(value.arguments.values())
    return found


def _recipes(values: Iterable[Any]) -> list[Recipe]:
    found: list[Recipe] = []
    for value in values:
        if isinstance(value, Recipe):
            found += [value, *_recipes(value.arguments.values())]
        elif isinstance(value, (list, tuple)):
            found += _recipes(value)
        elif isinstance(value, dict):
            found += _recipes(value.values())
    return found


def _builder(recipe: Recipe, module: ModuleType) -> Any:
    return vars(module).get(recipe.function) or models.BUILDERS[recipe.function]


def _definitions(names: Iterable[str], module: ModuleType, text: str) -> list[str]:
    """The named functions and, before them, everything of checks.py and the grader they need."""
    tree = ast.parse(text)
    nodes = {name: node for node in tree.body for name in _names_defined(node)}
    needed: dict[str, str] = {}
    for name in names:
        _collect(name, nodes, module, text, needed)
    return list(needed.values())


def _names_defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            inside = (part for target in node.targets for part in ast.walk(target))
            return [part.id for part in inside if isinstance(part, ast.Name)]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    return []


def _collect(
    name: str, nodes: Mapping[str, ast.stmt], module: ModuleType, text: str, needed: dict[str, str]
) -> None:
    node = nodes.get(name)
    if node is None or name in needed:
        return
    needed[name] = ""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        needed[name] = "" if name in IMPORTED else _import(name, node, module)
        return
    # Not a check's decorator: it draws cases, which stand there as literals.
    bare = isinstance(vars(module).get(name), Check)
    parts = [node.args, *node.body] if bare and isinstance(node, ast.FunctionDef) else [node]
    own = {item.arg for part in parts for item in ast.walk(part) if isinstance(item, ast.arg)}
    named = [item for part in parts for item in ast.walk(part) if isinstance(item, ast.Name)]
    if not isinstance(node, ast.Assign):  # what it sets is its own, whatever the module calls so
        own |= {item.id for item in named if isinstance(item.ctx, ast.Store)}
    inner = {item.id for item in named}
    for used in sorted(inner - own - {name}):
        _collect(used, nodes, module, text, needed)
    needed[name] = needed.pop(name) or _segment(node, text, bare)


def _segment(node: ast.stmt, text: str, bare: bool) -> str:
    """The source of a definition; a `bare` one without its decorators."""
    decorators = [] if bare else getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return "\n" + textwrap.dedent("\n".join(lines)) + "\n"


def _import(name: str, node: ast.Import | ast.ImportFrom, module: ModuleType) -> str:
    """An import as it stands, or the imported helper of the grader written out."""
    value = vars(module).get(name)
    origin = getattr(value, "__module__", "")
    if isinstance(node, ast.Import) or not str(node.module).startswith("drill."):
        return ast.unparse(node)
    if isinstance(value, (tuple, int, float, str)):  # a list of dtypes, say
        return f"{name} = {literal(value)}\n"
    return _source(value) if str(origin).startswith("drill.") else ""


def _source(value: Any) -> str:
    """The source of one of the grader's functions, with what it uses of its own module."""
    home = inspect.getmodule(value)
    if home is None or home.__name__ == "checks":
        return ""
    parts: dict[str, None] = {}
    _gather(value, home, parts)
    imports = "".join(f"{line}\n" for line in _imports_of(home))
    return imports + "".join(parts)


def _imports_of(home: ModuleType) -> list[str]:
    tree = ast.parse(inspect.getsource(home))
    return [
        ast.unparse(node)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and not str(getattr(node, "module", "")).startswith(("drill.", "hypothesis"))
    ]


def _gather(value: Any, home: ModuleType, parts: dict[str, None]) -> None:
    source = textwrap.dedent(inspect.getsource(value))
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    for name in sorted(names - {getattr(value, "__name__", "")}):
        used = vars(home).get(name)
        if callable(used) and str(getattr(used, "__module__", "")).startswith("drill."):
            _gather(used, inspect.getmodule(used) or home, parts)
        elif isinstance(used, (int, float, str, tuple, dict)) and _is_literal(used):
            parts[f"{name} = {used!r}\n"] = None
    parts["\n" + source] = None


def _is_literal(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError):
        return False
