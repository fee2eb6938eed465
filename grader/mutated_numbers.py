"""Mutations of the numbers in a program: constants, and those that name a dimension."""

import ast
from collections.abc import Iterator

from drill.grader.sites import Site, number

SMALL, LARGE = 1e-2, 1e4  # floats beyond these change by a factor: one more or less means nothing
DIMENSION_WORDS = frozenset("dim dims axis axes dim0 dim1 start_dim end_dim".split())
DIMENSION_CALLS = frozenset(
    """all amax amin any argmax argmin argsort cat chunk count_nonzero cumprod cumsum diff flatten
    flip gather index_select log_softmax logsumexp max mean median min movedim narrow norm permute
    prod program_id num_programs repeat_interleave scatter select size softmax sort split squeeze
    stack std stride sum swapaxes topk transpose unbind unflatten unsqueeze var""".split()
)


def constants(site: Site) -> Iterator[ast.AST]:
    """`3`: `4`, `2`; `True`: `False`; very small and very large floats by a factor."""
    node, value = site.node, number(site.node)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        if not (isinstance(site.parent, ast.keyword) and node.value):  # dropped by `keywords`
            yield ast.Constant(not node.value)
    elif value is not None and not _is_dimension(site):
        # The last of one is the first: where an index is 0 there often is but one.
        near = (1,) if value == 0 and _is_index(site) else _near(value)
        yield from map(literal, near)


def dimensions(site: Site) -> Iterator[ast.AST]:
    """`sum(-1)`: `sum(-2)`; `sum(1)`: `sum(0)`, `sum(2)`; a default of -1: -2, 0."""
    value = number(site.node)
    if isinstance(value, int) and _is_dimension(site):
        # Of a vector the first dimension is the last, so 0 and -1 take each other's place
        # in defaults only: those serve tensors of every rank.
        default = isinstance(_holder(site)[0], ast.arguments)
        others = {0: (1,), -1: (-2, 0) if default else (-2,)}
        yield from map(literal, others.get(value, (value - 1, value + 1)))


def literal(value: int | float) -> ast.expr:
    """A number as it is written: a negative one is a minus and a literal."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _near(value: int | float) -> tuple[int | float, ...]:
    if isinstance(value, int):
        return value + 1, value - 1
    if abs(value) >= LARGE:
        return (value / LARGE,)
    if 0 < abs(value) <= SMALL:
        return 0.0, float(f"{value * 10:.6g}")
    return float(f"{value + 1:.12g}"), float(f"{value - 1:.12g}")


def _is_index(site: Site) -> bool:
    return isinstance(_holder(site)[0], ast.Subscript)


def _holder(site: Site) -> tuple[ast.AST, ast.AST]:
    """What a number is given to, past a tuple of numbers, and the number or tuple."""
    place = -3 if isinstance(site.parent, (ast.Tuple, ast.List)) else -2
    return site.path[place], site.path[place + 1]


def _is_dimension(site: Site) -> bool:
    """Whether a number names a dimension: by keyword, by parameter, by method, as an index."""
    holder, child = _holder(site)
    if isinstance(holder, ast.keyword):
        return holder.arg in DIMENSION_WORDS
    if isinstance(holder, ast.arguments):
        return _parameter(holder, child) in DIMENSION_WORDS
    if isinstance(holder, ast.Call) and isinstance(holder.func, ast.Attribute):
        return child in holder.args and holder.func.attr in DIMENSION_CALLS
    value = holder.value if isinstance(holder, ast.Subscript) else None
    return isinstance(value, ast.Attribute) and value.attr == "shape"


def _parameter(arguments: ast.arguments, default: ast.AST) -> str:
    """The name of the parameter that has this default."""
    named = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(named), reversed(arguments.defaults), strict=False)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    return next((argument.arg for argument, value in pairs if value is default), "")
