"""Mutants: a program with one small change each, made from its text. Runs nothing."""

import ast
import difflib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy, deepcopy
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, zip_longest

from drill.grader.mutations import KINDS
from drill.grader.sites import FUNCTIONS, Site, sites

MOST = 60
READABLE = 10  # characters of code that tell an author which place is meant

SCOPES = (*FUNCTIONS, ast.ClassDef)
# Parts of a statement that can be shown by themselves.
PARTS = (ast.expr, ast.keyword, ast.arguments, ast.comprehension, ast.withitem)


@dataclass(frozen=True)
class Mutant:
    """A changed program. The name tells the place and the change, and no line numbers."""

    name: str
    kind: str
    source: str


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a program, in the order of its text; no two are the same program."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    names: dict[str, int] = {}
    made = []
    for site in sites(tree):
        for kind, mutate in KINDS.items():
            for new in mutate(site):
                with _replaced(site, new):
                    wanted = ast.unparse(tree)
                text = _edited(source, site.node, new, wanted)
                if text is None or wanted in seen:
                    continue
                seen.add(wanted)
                name = _name(site, new)
                names[name] = names.get(name, 0) + 1
                name += f" ({names[name]})" if names[name] > 1 else ""
                made.append(Mutant(name, kind, text))
    return made


def choose(mutants: Sequence[Mutant], seed: int = 0, most: int = MOST) -> list[Mutant]:
    """At most `most` of them, evenly over the kinds; in the order given.

    The choice goes by the names, so an edit elsewhere in the program hardly changes it.
    """

    def rank(mutant: Mutant) -> bytes:
        return sha256(f"{seed}/{mutant.name}".encode()).digest()

    kinds = [sorted((m for m in mutants if m.kind == kind), key=rank) for kind in KINDS]
    in_turn = [mutant for mutant in chain(*zip_longest(*kinds)) if mutant is not None]
    chosen = set(in_turn[:most])
    return [mutant for mutant in mutants if mutant in chosen]


def diff(source: str, mutant: Mutant, file: str) -> str:
    """What a mutant changes, as a unified diff of `file`."""
    old, new = source.splitlines(), mutant.source.splitlines()
    return "\n".join(difflib.unified_diff(old, new, file, file, n=2, lineterm=""))


# --- the change, as text -----------------------------------------------------------------------


@contextmanager
def _replaced(site: Site, new: ast.AST) -> Iterator[None]:
    """The tree with `new` in the place of the site's node, for as long as needed."""
    _put(site.parent, site.node, new)
    try:
        yield
    finally:
        _put(site.parent, new, site.node)


def _put(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for field, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, field, new)
        elif isinstance(value, list):
            value[:] = [new if item is old else item for item in value]


def _edited(source: str, node: ast.AST, new: ast.AST, wanted: str) -> str | None:
    """The text with `new` where `node` was, in parentheses if it must be; None if it can't be."""
    lines = source.encode().splitlines(keepends=True)
    assert isinstance(node, (ast.expr, ast.stmt)) and node.end_lineno and node.end_col_offset
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    data = source.encode()
    kept = ast.get_source_segment(source, new) if hasattr(new, "lineno") else None
    codes = [code for code in (kept, ast.unparse(new)) if code]
    for text in (form.format(code) for code in codes for form in ("{}", "({})")):
        changed = (data[:start] + text.encode() + data[end:]).decode()
        with suppress(SyntaxError), warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(changed, "mutant", "exec", dont_inherit=True)
            if ast.unparse(ast.parse(changed)) == wanted:
                return changed
    return None


def _name(site: Site, new: ast.AST) -> str:
    """`scope: before -> after`, with as much code around the change as makes it readable."""
    scope = ".".join(node.name for node in site.path if isinstance(node, SCOPES))
    depth = len(site.path) - 1
    while _is_scrap(site.path[depth - 1], site.path[depth]):
        depth -= 1
    before = _shown(site.path[depth])
    if depth == len(site.path) - 1:
        return f"{scope or 'module'}: {before} -> {_shown(new)}"
    with _replaced(site, new):
        return f"{scope or 'module'}: {before} -> {_shown(site.path[depth])}"


def _is_scrap(parent: ast.AST, node: ast.AST) -> bool:
    """Whether code says too little by itself: it is short, or no expression."""
    if not isinstance(node, PARTS) or not isinstance(parent, (*PARTS, ast.stmt)):
        return False
    index = isinstance(parent, ast.Subscript) and node is parent.slice
    called = isinstance(parent, ast.Call) and node is parent.func
    return index or called or not isinstance(node, ast.expr) or len(_shown(node)) < READABLE


def _shown(node: ast.AST) -> str:
    """A node's code on one line: of a compound statement the head, without annotations."""
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        node = copy(node)
        emptied: Mapping[str, object] = {"body": [ast.Pass()], "orelse": [], "decorator_list": []}
        for field in emptied.keys() & set(node._fields):
            setattr(node, field, emptied[field])
        if isinstance(node, FUNCTIONS):
            node.returns, node.args = None, _bare(node.args)
    return ast.unparse(node).partition("\n")[0].strip()


def _bare(arguments: ast.arguments) -> ast.arguments:
    bare = deepcopy(arguments)
    for node in ast.walk(bare):
        if isinstance(node, ast.arg):
            node.annotation = None
    return bare
