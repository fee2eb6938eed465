"""Formulas of the cards: arithmetic on names and numbers, and nothing else."""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

FUNCTIONS: dict[str, tuple[Callable[..., float], range]] = {
    "min": (min, range(2, 9)),
    "max": (max, range(2, 9)),
    "ceil": (math.ceil, range(1, 2)),
    "log2": (math.log2, range(1, 2)),
}
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: left // right,
    ast.Pow: lambda left, right: _power(left, right),
}
HIGHEST_POWER = 64


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > HIGHEST_POWER:
        raise ArithmeticError(f"the power {exponent} is too high")
    return float(base**exponent)


@dataclass(frozen=True)
class Formula:
    """A formula of names and numbers that can do nothing but arithmetic."""

    tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> "Formula":
        """Raises ValueError for anything but arithmetic."""
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
            raise ValueError(f"{text!r} is no formula") from fault
        for node in _parts(tree):
            if not _allowed(node):
                raise ValueError(f"{ast.unparse(node)!r} is not allowed in a formula")
        return cls(tree)

    @property
    def names(self) -> frozenset[str]:
        """The figures that it needs."""
        return frozenset(node.id for node in _parts(self.tree) if isinstance(node, ast.Name))

    @property
    def is_sum(self) -> bool:
        """Whether a unit after it needs brackets."""
        return isinstance(self.tree, ast.BinOp) and isinstance(self.tree.op, ast.Add | ast.Sub)

    def value(self, figures: Mapping[str, float]) -> float:
        """What comes out. Raises ArithmeticError, or ValueError for a logarithm of nothing."""
        return _value(self.tree, figures)

    def shown(self, texts: Mapping[str, str]) -> str:
        """The formula with texts put in for its names: `2 x 32 x 128`."""
        put_in = _PutIn(texts).visit(ast.parse(ast.unparse(self.tree), mode="eval"))
        return ast.unparse(put_in).replace(" ** ", "^").replace(" * ", " x ")


class _PutIn(ast.NodeTransformer):
    """Writes figures in place of names, and floor(a / b) for a // b."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """A name; functions have none here."""
        return ast.Name(self.texts[node.id])

    def visit_Constant(self, node: ast.Constant) -> ast.Name:
        """A number."""
        assert isinstance(node.value, int | float)  # parse saw to it
        return ast.Name(f"{node.value:,}")

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """A function's arguments."""
        return ast.Call(node.func, [self.visit(one) for one in node.args], [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Both sides."""
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Div) and isinstance(right, ast.Name) and "/" in right.id:
            right = ast.Name(f"({right.id})")
        if isinstance(node.op, ast.FloorDiv):
            return ast.Call(ast.Name("floor"), [ast.BinOp(left, ast.Div(), right)], [])
        return ast.BinOp(left, node.op, right)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions of a formula, without the names of functions."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and child is not getattr(node, "func", None):
            yield from _parts(child)


def _allowed(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, ast.BinOp):
        return type(node.op) in OPERATORS
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub)
    if isinstance(node, ast.Call):
        known = FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        return known is not None and len(node.args) in known[1] and not node.keywords
    return isinstance(node, ast.Name)


def _value(node: ast.expr, figures: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int | float)  # parse saw to it
        return node.value
    if isinstance(node, ast.Name):
        return figures[node.id]
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, figures)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, figures), _value(node.right, figures)
        return OPERATORS[type(node.op)](left, right)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return FUNCTIONS[node.func.id][0](*(_value(one, figures) for one in node.args))
