"""Rules: every route to what they forbid is seen, and nothing else. This is the grader's part."""

import importlib.util
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from drill.grader.work import Breach, Meter, Rule

CALL, OP, CLASS = "call: torch.softmax", "op: aten::_softmax", "class: torch.nn.Softmax"
HEAD = "import torch\nimport torch.nn.functional as F\n"


@contextmanager
def watched(
    folder: Path, text: str, *rules: str, counting: bool = False
) -> Iterator[tuple[Meter, ModuleType]]:
    """A meter with these rules, and the submission with this text, imported under it."""
    file = folder / "submission.py"
    file.write_text(HEAD + textwrap.dedent(text))
    parsed = [Rule.parse(rule) for rule in rules]
    own = frozenset({str(file)})
    meter = Meter(own, lambda name: name == __file__, parsed, counting=counting)
    with meter.installed():
        yield meter, _load(file)


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("submission", file)
    assert spec is not None and spec.loader is not None
    module = sys.modules["submission"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def broken(folder: Path, text: str, *rules: str, counting: bool = False) -> set[str]:
    """The rules that calling the submission's `f` breaks."""
    with watched(folder, text, *rules, counting=counting) as (meter, submission):
        submission.f(torch.ones(3, 3))
        return {breach.rule for breach in meter.breaches}


SPELLINGS = {
    "function": "torch.softmax(x, -1)",
    "functional": "F.softmax(x, -1)",
    "method": "x.softmax(-1)",
    "special": "torch.special.softmax(x, -1)",
    "getattr": "getattr(torch, 'soft' + 'max')(x, -1)",
    "unbound": "torch.Tensor.softmax(x, -1)",
    "out": "torch.softmax(x, -1, out=torch.empty(3, 3))",
    "aten": "torch.ops.aten.softmax(x, -1)",
    "overload": "torch.ops.aten.softmax.int(x, -1)",
    "module": "torch.nn.Softmax(-1)(x)",
    "exec": "eval('F.softmax(x, -1)')",
    "vmap": "torch.func.vmap(lambda row: torch.softmax(row, 0))(x)",
    "inference": "torch.inference_mode()(F.softmax)(x, -1)",
}
IMPLEMENTATIONS = {
    "internal": "torch.ops.aten._softmax(x, -1, False)",
    "redispatch": "torch._C._nn.scaled_dot_product_attention and torch._softmax(x, -1, False)",
}


@pytest.mark.parametrize("counting", [False, True])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_function(tmp_path: Path, spelling: str, counting: bool) -> None:
    text = f"def f(x): return {SPELLINGS[spelling]}"
    for rule in (CALL, OP, "call: torch.nn.functional.softmax"):
        assert broken(tmp_path, text, rule, counting=counting) == {rule}


@pytest.mark.parametrize("spelling", IMPLEMENTATIONS)
def test_the_operator_below_the_function(tmp_path: Path, spelling: str) -> None:
    assert broken(tmp_path, f"def f(x): return {IMPLEMENTATIONS[spelling]}", OP) == {OP}


def test_the_function_again_in_python(tmp_path: Path) -> None:
    text = "import torch._refs\ndef f(x): return torch._refs.softmax(x, -1)"
    assert broken(tmp_path, text, CALL) == {CALL}
    named = "call: torch._refs.softmax"
    assert broken(tmp_path, text, named) == {named}
    assert broken(tmp_path, "def f(x): return F.softmax(x, -1)", named) == set()


def test_torchscript(tmp_path: Path) -> None:
    text = """
        import warnings
        warnings.simplefilter("ignore")
        @torch.jit.script
        def inner(x): return torch.softmax(x, -1)
        def f(x): return inner(x)
        """
    assert broken(tmp_path, text, OP) == {OP}


def test_functions_that_are_python_code(tmp_path: Path) -> None:
    for name, call in [("einsum", "torch.einsum('ij->ji', x)"), ("cdist", "torch.cdist(x, x)")]:
        rule = f"call: torch.{name}"
        assert broken(tmp_path, f"def f(x): return {call}", rule) == {rule}
        assert broken(tmp_path, "def f(x): return x @ x.T", rule) == set()


def test_operators_and_in_place_forms_of_a_method(tmp_path: Path) -> None:
    for expression in ("x @ x", "x.__rmatmul__(x)", "torch.Tensor.matmul(x, x)", "x.matmul(x)"):
        rule = "call: torch.matmul"
        assert broken(tmp_path, f"def f(x): return {expression}", rule) == {rule}
    cumsum = "call: torch.cumsum"
    assert broken(tmp_path, "def f(x): return x.cumsum_(0)", cumsum) == {cumsum}
    item = "call: torch.Tensor.item"
    assert broken(tmp_path, "def f(x): return x.sum().item()", item) == {item}


def test_functions_of_one_name_that_differ_are_two(tmp_path: Path) -> None:
    method = "def f(x): return x.unfold(0, 2, 1)"
    assert broken(tmp_path, method, "call: torch.nn.functional.unfold") == set()


@pytest.mark.parametrize(
    "text",
    [
        "import torch.nn as nn\ndef f(x): nn.Softmax(-1)",
        "class Mine(torch.nn.Softmax): pass\ndef f(x): pass",
        "def f(x): type('Mine', (torch.nn.Softmax,), {})",
        "def f(x): class_ = torch.nn.Softmax; return class_(dim=0)",
        "def f(x): torch.nn.modules.activation.Softmax(-1)",
    ],
)
def test_constructing_and_subclassing(tmp_path: Path, text: str) -> None:
    assert broken(tmp_path, text, CLASS) == {CLASS}


def test_a_class_used_by_the_library_for_the_submission(tmp_path: Path) -> None:
    rule = "class: torch.nn.LayerNorm"
    text = "def f(x): torch.nn.TransformerEncoderLayer(4, 2)"
    assert broken(tmp_path, text, rule) == {rule}


def test_a_class_that_has_no_constructor_of_its_own(tmp_path: Path) -> None:
    rule = "class: torch.nn.Parameter"
    text = """
        def f(x):
            made = torch.nn.Parameter(x, requires_grad=False)
            assert not made.requires_grad and torch.equal(made, x)
        """
    assert broken(tmp_path, text, rule) == {rule}


def test_the_grader_may_use_anything(tmp_path: Path) -> None:
    with watched(tmp_path, "def f(g, x): return g(x)", CALL, OP, CLASS) as (meter, submission):
        x = torch.ones(2, 2)
        nn.Softmax(-1)(x)
        type("Theirs", (nn.Softmax,), {})
        submission.f(lambda x: torch.softmax(nn.Softmax(-1)(x), 0), x)
        assert meter.breaches == []


def test_similar_work_is_no_breach(tmp_path: Path) -> None:
    text = """
        class Mine(torch.nn.Module):
            def forward(self, x): return torch.log_softmax(x, -1).exp()
        def f(x):
            y = x.clone().requires_grad_()
            (Mine()(y) @ y).sum().backward()
        """
    assert broken(tmp_path, text, CALL, OP, CLASS, "call: torch.mm") == set()


def test_a_breach_is_told_once_with_its_line(tmp_path: Path) -> None:
    text = """
        def helper(x):
            return torch.softmax(x, -1)  # line 5
        def f(x):
            for _ in range(3):
                x = helper(x)
            return F.softmax(x, -1)  # line 9
        """
    with watched(tmp_path, text, CALL) as (meter, submission):
        submission.f(torch.ones(2, 2))
        meter.start()
        submission.f(torch.ones(2, 2))
        assert meter.breaches == [Breach(CALL, 5), Breach(CALL, 9)]


def test_a_breach_counts_even_if_the_call_fails(tmp_path: Path) -> None:
    text = """
        def f(x):
            try: torch.softmax(x, 7)
            except IndexError: pass
        """
    assert broken(tmp_path, text, CALL) == {CALL}


def test_a_breach_in_a_thread(tmp_path: Path) -> None:
    text = """
        from concurrent.futures import ThreadPoolExecutor
        def f(x):
            with ThreadPoolExecutor(1) as pool: pool.submit({}, x, -1).result()
        """
    for rule, target in [(CALL, "torch.softmax"), (OP, "F.softmax")]:
        assert broken(tmp_path, text.format(target), rule) == {rule}


def test_a_breach_in_a_backward_pass(tmp_path: Path) -> None:
    text = """
        class Mine(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x * 2
            @staticmethod
            def backward(ctx, upstream): return torch.softmax(upstream, -1)
        def f(x): return Mine.apply(x)
        """
    for start in (lambda y: y.backward(), lambda y: torch.autograd.backward(y)):
        with watched(tmp_path, text, CALL) as (meter, submission):
            start(submission.f(torch.ones(2, 2, requires_grad=True)).sum())
            assert meter.breaches == [Breach(CALL, 8)]


def test_a_breach_in_an_operator_of_ones_own(tmp_path: Path) -> None:
    text = """
        @torch.library.custom_op("drill_test_forbid::mine", mutates_args=())
        def mine(x: torch.Tensor) -> torch.Tensor: return torch.softmax(x, -1)
        def f(x): return mine(x)
        """
    assert broken(tmp_path, text, OP, CALL) == {OP, CALL}


ALIASES = """
    import functools, warnings
    warnings.simplefilter("ignore")
    direct = torch.softmax
    partial = functools.partial(F.softmax, dim=-1)
    bound = torch.Tensor.softmax
    @torch.jit.script
    def scripted(x, dim: int = -1): return torch.softmax(x, dim)
    def own(x, dim=-1): return x
    class Table:
        rows = 3
        def __call__(self, x): return x
    table = Table()
    Module = torch.nn.Softmax
    """


@pytest.mark.parametrize("name", ["direct", "partial", "bound", "scripted"])
def test_an_alias_has_no_frame_but_is_adopted(tmp_path: Path, name: str) -> None:
    rule = OP if name == "scripted" else CALL
    with watched(tmp_path, ALIASES, rule) as (meter, submission):
        meter.adopt(submission, [name, "own", "table", "missing"])
        assert submission.table.rows == 3 and submission.own.__name__ == "own"
        assert meter.breaches == []
        getattr(submission, name)(torch.ones(2, 2), dim=-1)
        assert meter.breaches == [Breach(rule, None)]


def test_an_alias_of_a_class(tmp_path: Path) -> None:
    with watched(tmp_path, ALIASES, CLASS) as (meter, submission):
        meter.adopt(submission, ["Module"])
        assert meter.breaches == [Breach(CLASS, None)]


COMPILED = """
    def body(x): return torch.softmax(x @ x.T, -1).sum()
    f = torch.compile(body, backend="eager", fullgraph=True)
    def flexible(q):
        from torch.nn.attention.flex_attention import flex_attention
        return flex_attention(q, q, q, score_mod=lambda score, b, h, i, j: score + i - j)
    """


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("counting", [False, True])
def test_compiled_code_runs_and_shows_its_operators(tmp_path: Path, counting: bool) -> None:
    with watched(tmp_path, COMPILED, OP, CALL, counting=counting) as (meter, submission):
        meter.adopt(submission, ["f"])
        x = torch.randn(4, 4, requires_grad=True)
        for _ in range(2):
            meter.start()
            submission.f(x).backward()
        assert OP in {breach.rule for breach in meter.breaches}
        assert (meter.counts().flops > 0) is counting
        submission.flexible(torch.randn(1, 2, 16, 16))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("softmax", "a rule is"),
        ("calls: torch.softmax", "a rule is"),
        ("call:torch.softmax", "a rule is"),
        ("call: F.softmax", "not found"),
        ("call: torch.sofmax", "not found"),
        ("call: torch.nn.Softmax", "not a function"),
        ("call: torch.pi", "not a function"),
        ("call: math.exp", "not a torch function"),
        ("op: torch.softmax", "not an operator"),
        ("op: aten::sofmax", "not an operator"),
        ("op: aten::softmax", "taken apart"),
        ("op: aten::scaled_dot_product_attention", "taken apart"),
        ("class: torch.softmax", "not a class"),
        ("class: builtins.dict", "built in"),
    ],
)
def test_rules_that_cannot_be_watched(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Rule.parse(text)


def test_a_rule_reads_as_it_was_written() -> None:
    for text in (CALL, OP, CLASS):
        assert str(Rule.parse(text)) == text
