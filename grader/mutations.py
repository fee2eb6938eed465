"""The kinds of mutation: for each, what may replace a node of a program."""

import ast
from collections.abc import Callable, Iterator, Mapping

from drill.grader.mutated_calls import arguments, keywords, methods
from drill.grader.mutated_numbers import constants, dimensions
from drill.grader.sites import Site, number

COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}


def comparisons(site: Site) -> Iterator[ast.AST]:
    """`a < b`: `a <= b`, `a >= b`."""
    node = site.node
    if not isinstance(node, ast.Compare):
        return
    for place, old in enumerate(node.ops):
        for new in COMPARISONS[type(old)]:
            ops = [*node.ops[:place], new(), *node.ops[place + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def arithmetic(site: Site) -> Iterator[ast.AST]:
    """`a + b`: `a - b`; `a += b`: `a -= b`; `-a`: `a`."""
    node = site.node
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and number(node) is None:
        yield node.operand


def statements(site: Site) -> Iterator[ast.AST]:
    """A statement: `pass`. Not if a name would have no value then, or nothing would happen."""
    node = site.node
    match node:
        case ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
            return
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name("super"))))):
            return
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if site.bound or not any(isinstance(n, ast.Name | ast.Tuple) for n in targets):
                yield ast.Pass()
        case ast.Expr() | ast.AugAssign() | ast.Return() | ast.Raise():
            yield ast.Pass()
        case ast.Break() | ast.Continue() | ast.Delete(targets=[ast.Subscript()]):
            yield ast.Pass()


def negations(site: Site) -> Iterator[ast.AST]:
    """`not a`: `a`; `~a`: `a`."""
    node = site.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        yield node.operand


def connectives(site: Site) -> Iterator[ast.AST]:
    """`a and b`: `a or b`."""
    node = site.node
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield ast.BoolOp(other, node.values)


def conditions(site: Site) -> Iterator[ast.AST]:
    """`if a`: `if not a`; comparisons and `not` have kinds of their own."""
    node, parent = site.node, site.parent
    tested = isinstance(parent, (ast.If, ast.IfExp)) and node is parent.test
    tested = tested or (isinstance(parent, ast.comprehension) and node in parent.ifs)
    opposite = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    simple = isinstance(node, ast.Compare) and len(node.ops) == 1
    if tested and not (opposite or simple):
        assert isinstance(node, ast.expr)
        yield ast.UnaryOp(ast.Not(), node)


KINDS: Mapping[str, Callable[[Site], Iterator[ast.AST]]] = {
    "comparison": comparisons,
    "arithmetic": arithmetic,
    "constant": constants,
    "dimension": dimensions,
    "arguments": arguments,
    "statement": statements,
    "not": negations,
    "and, or": connectives,
    "condition": conditions,
    "method": methods,
    "keyword": keywords,
}
