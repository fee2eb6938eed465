"""Submissions that do nothing: made from a stub, and refused by every drill worth its name."""

import ast
from collections.abc import Mapping

ZEROS = (
    "torch.zeros_like({0}) if isinstance({0}, torch.Tensor) else "
    "0 if isinstance({0}, (int, float)) else type({0})()"
)
ANSWERS: Mapping[str, str] = {"input": "{0}", "zeros": ZEROS, "none": "None"}


def trivial_submission(stub: str, kind: str) -> str:
    """The stub with every body replaced: "input" returns the first argument, "zeros", "none".

    Constructors call their base's and return nothing, so that a module can be built.
    """
    tree = ast.parse(stub)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = _body(node, kind)
    needs_torch = ast.parse("import torch").body
    # After the docstring and `from __future__` lines, which must come first.
    place = sum(_leads(node) for node in tree.body)
    tree.body[place:place] = needs_torch
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _leads(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef, kind: str) -> list[ast.stmt]:
    if node.name == "__init__":
        return ast.parse("super(type(self), self).__init__()").body
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    names = [name for name in names if name not in ("self", "cls", "ctx")]
    answer = ANSWERS[kind].format(names[0]) if names else "None"
    return ast.parse(f"return {answer}").body
