"""Where a program may be mutated: its expressions and statements, as far as they matter."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Whole nodes and single fields that no mutation enters: they don't compute what is returned.
CLOSED = (ast.Import, ast.ImportFrom, ast.Assert, ast.JoinedStr, ast.Global, ast.Nonlocal)
SKIPPED = frozenset(("annotation", "returns", "decorator_list", "bases", "type_params"))
# Keywords that say how a kernel is launched and where a tensor lies: no value depends on them.
TUNING = frozenset(("num_warps", "num_stages", "num_ctas", "maxnreg"))
PLACEMENT = frozenset(("device", "non_blocking", "pin_memory"))


@dataclass(frozen=True)
class Site:
    """A node that may be mutated, after all those above it; `imported` are names of modules."""

    path: tuple[ast.AST, ...]
    imported: frozenset[str]
    bound: bool = False  # it assigns to names that have a value already

    @property
    def node(self) -> ast.AST:
        """The place itself."""
        return self.path[-1]

    @property
    def parent(self) -> ast.AST:
        """The node that holds it."""
        return self.path[-2]


def sites(tree: ast.Module) -> Iterator[Site]:
    """The places of a program that may be mutated, in the order of its text."""
    imported = frozenset(_imported(tree))
    unseen = _only_for_tuning(tree)
    bound: dict[ast.AST, set[str]] = {}

    def walk(path: tuple[ast.AST, ...]) -> Iterator[Site]:
        node = path[-1]
        assigned = _assigned(node)
        if _closed(node) or (assigned and assigned <= unseen):
            return
        scope = next(n for n in reversed(path) if isinstance(n, (*FUNCTIONS, ast.Module)))
        names = bound.setdefault(scope, _parameters(scope))
        if isinstance(node, (ast.expr, ast.stmt)):
            yield Site(path, imported, bool(assigned) and assigned <= names)
        names |= assigned
        if isinstance(node, ast.Raise) or number(node) is not None:
            return
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and field not in SKIPPED:
                    yield from walk((*path, child))

    yield from walk((tree,))


def _closed(node: ast.AST) -> bool:
    """Whether no mutation enters here: what isn't run, and what changes no value."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.keyword(arg=name):
            return name in PLACEMENT | TUNING
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name == "__all__"
    return isinstance(node, CLOSED)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


def _only_for_tuning(tree: ast.Module) -> set[str]:
    """The names that are read only to say how a kernel is launched, which changes no result."""
    tuning = [n for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg in TUNING]
    inside = [node for keyword in tuning for node in ast.walk(keyword)]
    outside = {id(node) for node in ast.walk(tree)} - {id(node) for node in inside}
    return _loaded(inside) - _loaded([n for n in ast.walk(tree) if id(n) in outside])


def _loaded(nodes: Sequence[ast.AST]) -> set[str]:
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _assigned(node: ast.AST) -> set[str]:
    """The plain names that a statement or loop gives a value."""
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.For, ast.NamedExpr)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        inner = chain.from_iterable(map(ast.walk, targets))
        return {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return set()


def _parameters(scope: ast.AST) -> set[str]:
    if not isinstance(scope, FUNCTIONS):
        return set()
    return {node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg)}


def number(node: ast.AST) -> int | float | None:
    """The number that a literal stands for, with its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(node.operand) if isinstance(node.operand, ast.Constant) else None
        return None if value is None else -value
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        assert isinstance(node.value, (int, float))
        return node.value
    return None
