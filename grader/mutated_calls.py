"""Mutations of calls: arguments swapped or left out, one call less."""

import ast
from collections.abc import Iterator

from drill.grader.mutated_numbers import DIMENSION_WORDS
from drill.grader.sites import PLACEMENT, TUNING, Site

# Their arguments may be swapped without any effect, or never.
UNORDERED = frozenset(
    """add allclose equal eq gcd hypot isclose isinstance getattr hasattr logical_and logical_or
    max maximum min minimum mul ne swapaxes swapdims transpose""".split()
)
# x.name(...), torch.name(x, ...) and self.name(x, ...) that give something of the kind of x.
LAYERS_OF_X = frozenset(
    """abs amax amin bfloat16 bool broadcast_to ceil clamp clamp_max clamp_min clone contiguous
    copy cos cumprod cumsum detach diff double exp exp2 expand expm1 flatten flip float floor half
    int log log1p log2 log_softmax logical_not long masked_fill mean nan_to_num neg normalize
    permute reciprocal relu repeat repeat_interleave requires_grad_ reshape roll round rsqrt sigmoid
    sin softmax sqrt square squeeze sum swapaxes t tanh to transpose tril triu trunc type_as
    unsqueeze view""".split()
)
LISTS = frozenset(("list", "sorted", "reversed", "tuple", "set", "abs"))
UNLIKE = frozenset(("dtype", "device", "generator"))


def arguments(site: Site) -> Iterator[ast.AST]:
    """`f(a, b)`: `f(b, a)`; `f(x=a, y=b)`: `f(x=b, y=a)` for two values of a kind."""
    node = site.node
    if not isinstance(node, ast.Call) or _called(node) in UNORDERED:
        return
    for place, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
        if _may_swap(one) and _may_swap(other):
            args = [*node.args[:place], other, one, *node.args[place + 2 :]]
            yield ast.Call(node.func, args, node.keywords)
    for place, (first, second) in enumerate(zip(node.keywords, node.keywords[1:], strict=False)):
        if _of_a_kind(first, second):
            swapped = [ast.keyword(first.arg, second.value), ast.keyword(second.arg, first.value)]
            keywords = [*node.keywords[:place], *swapped, *node.keywords[place + 2 :]]
            yield ast.Call(node.func, node.args, keywords)


def _called(node: ast.Call) -> str:
    """The last name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _may_swap(node: ast.expr) -> bool:
    text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    unlike = isinstance(node, ast.Name) and node.id in UNLIKE
    return not (text or unlike or isinstance(node, (ast.Starred, ast.GeneratorExp)))


def _of_a_kind(first: ast.keyword, second: ast.keyword) -> bool:
    if {first.arg, second.arg} & (UNLIKE | PLACEMENT | TUNING | {None}):
        return False
    simple = isinstance(first.value, (ast.Name, ast.Attribute, ast.Constant))
    return simple and type(first.value) is type(second.value)


def methods(site: Site) -> Iterator[ast.AST]:
    """`x.detach()`, `torch.detach(x)`, `list(x)`, `x.mT`: `x`."""
    node = site.node
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        if node.attr in ("T", "mT") and not _is_module(node.value, site.imported):
            yield node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in LAYERS_OF_X or _widens(node):
            return
        owner = node.func.value
        if not (_is_module(owner, site.imported) or ast.unparse(owner) == "self"):
            yield owner
        elif node.args and not isinstance(node.args[0], ast.Starred):
            yield node.args[0]
    elif isinstance(node, ast.Call) and _called(node) in LISTS and len(node.args) == 1:
        if not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
            yield node.args[0]


def _widens(node: ast.Call) -> bool:
    """Whether it makes 64-bit offsets in a kernel, which only 2**31 elements need."""
    return any(ast.unparse(argument) == "tl.int64" for argument in node.args)


def _is_module(node: ast.AST, imported: frozenset[str]) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in imported


def keywords(site: Site) -> Iterator[ast.AST]:
    """`f(x, keepdim=True)`: `f(x)`."""
    node = site.node
    if isinstance(node, ast.Call):
        for place, keyword in enumerate(node.keywords):
            if keyword.arg and not _is_plain(keyword):
                rest = [*node.keywords[:place], *node.keywords[place + 1 :]]
                yield ast.Call(node.func, node.args, rest)


def _is_plain(keyword: ast.keyword) -> bool:
    """Whether leaving it out hardly changes anything: what is given often is the default."""
    given = keyword.value.value if isinstance(keyword.value, ast.Constant) else ...
    first = given == 0 and keyword.arg in DIMENSION_WORDS
    return first or given is None or given is False or keyword.arg in PLACEMENT | TUNING
