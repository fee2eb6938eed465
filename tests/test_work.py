"""What the meter counts, and to whom it attributes it. This file plays the grader's part."""

import importlib.util
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn
from torch.autograd import graph
from torch.utils.flop_counter import FlopCounterMode

from drill.grader.work import Counts, Meter, Rule


@contextmanager
def metered(folder: Path, text: str, *rules: str, counting: bool = True) -> Iterator[Any]:
    """A meter that is on, and the submission with this text, imported under it."""
    file = folder / "submission.py"
    file.write_text("import torch\nimport torch.nn.functional as F\n" + textwrap.dedent(text))
    meter = Meter(
        frozenset({str(file)}),
        lambda name: name == __file__,
        [Rule.parse(rule) for rule in rules],
        counting=counting,
    )
    with meter.installed():
        yield meter, load(file)


def load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("submission", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def count(folder: Path, text: str, *args: Any) -> Counts:
    """The counts of one call of the submission's `f`."""
    with metered(folder, text) as (meter, sub):
        meter.start()
        result = sub.f(*args)
        counts: Counts = meter.counts()
        del result
        return counts


def test_views_are_not_operators(tmp_path: Path) -> None:
    text = "def f(x): return (x.T.reshape(2, 6).unsqueeze(0)[0].detach() + 1).add_(2).view(-1)"
    counts = count(tmp_path, text, torch.randn(4, 3))
    assert (counts.ops, counts.views) == (3, 5)  # clone, add, add_ and T, _unsafe_view, ...


def test_the_grader_is_outside(tmp_path: Path) -> None:
    with metered(tmp_path, "def f(x): return x + 1") as (meter, sub):
        meter.start()
        sub.f(torch.ones(3)).exp().sum().item()
        assert meter.counts() == Counts(ops=1, live_bytes=12)


def test_what_a_submission_calls_of_the_grader_is_outside(tmp_path: Path) -> None:
    def model(x: torch.Tensor) -> torch.Tensor:
        assert x.sum() < 100
        return torch.tanh(x @ x)

    counts = count(tmp_path, "def f(model, x): return model(x) * 2", model, torch.ones(3, 3))
    assert counts == Counts(ops=1, live_bytes=36)


def test_a_callback_of_the_submission_is_inside(tmp_path: Path) -> None:
    with metered(tmp_path, "def f(x): return x * 2") as (meter, sub):
        meter.start()
        list(map(sub.f, [torch.ones(1)] * 4))
        assert meter.counts().ops == 4


def test_library_code_belongs_to_who_called_it(tmp_path: Path) -> None:
    model = nn.Linear(3, 3)
    counts = count(tmp_path, "def f(model, x): return model(x)", model, torch.ones(2, 3))
    assert (counts.ops, counts.flops) == (1, 2 * 2 * 3 * 3)


@pytest.mark.parametrize(
    ("expression", "flops"),
    [
        ("a @ b", 2 * 4 * 5 * 6),
        ("torch.einsum('ij,jk->ik', a, b)", 2 * 4 * 5 * 6),
        ("a.expand(7, 4, 5) @ b.expand(7, 5, 6)", 7 * 2 * 4 * 5 * 6),
        ("a @ b[:, 0]", 2 * 4 * 5),
        ("a[0] @ b[:, 0]", 2 * 5),
        ("a.exp() * 2", 0),
        ("F.conv1d(a[None], b.T[:, :4, None])", 2 * 5 * 6 * 4),
        ("F.conv1d(a[None], b.T[:, :2, None], groups=2)", 2 * 5 * 6 * 2),
    ],
)
def test_flops(tmp_path: Path, expression: str, flops: int) -> None:
    counts = count(tmp_path, f"def f(a, b): return {expression}", *FACTORS)
    assert counts.flops == flops


FACTORS = torch.randn(4, 5), torch.randn(5, 6)


@pytest.mark.parametrize(
    "expression",
    [
        "x @ x",
        "torch.baddbmm(x, x, x)",
        "F.linear(x, w[:, :, 0], w[0, 0, 0])",
        "F.conv1d(x, w)",
        "F.conv1d(x, w, stride=2, padding=1)",
        "F.conv_transpose1d(x, w, stride=2)",
        "F.conv2d(x[None], w[:2, :, :2, None], dilation=(3, 1))",
    ],
)
def test_flops_are_those_of_torch(tmp_path: Path, expression: str) -> None:
    text = f"def f(x, w): y = {expression}; y.sum().backward()"
    x, w = torch.randn(4, 4, 4, requires_grad=True), torch.randn(4, 4, 4, requires_grad=True)
    with metered(tmp_path, text) as (meter, sub):
        meter.start()
        sub.f(x, w)
        counted = meter.counts().flops
    with FlopCounterMode(display=False) as theirs:
        sub.f(x, w)
    assert counted == theirs.get_total_flops() > 0


def test_flops_of_attention_and_its_backward(tmp_path: Path) -> None:
    text = "def f(q): return F.scaled_dot_product_attention(q, q, q, is_causal=True)"
    with metered(tmp_path, text) as (meter, sub):
        q = torch.randn(2, 3, 8, 16, requires_grad=True)
        meter.start()
        out = sub.f(q)
        product = 2 * 2 * 3 * 8 * 8 * 16
        assert meter.counts().flops == 2 * product
        out.sum().backward()
        assert meter.counts().flops == 7 * product


def test_flops_of_training(tmp_path: Path) -> None:
    text = "def f(w, x): (x @ w).sum().backward(); return w.grad"
    w = torch.randn(5, 6, requires_grad=True)
    assert count(tmp_path, text, w, torch.randn(4, 5)).flops == 2 * 2 * 4 * 5 * 6


def test_no_mode_of_autograd_changes_the_counts(tmp_path: Path) -> None:
    body = "    with {}: return torch.softmax(F.linear(x, x), -1).sum(), x.matmul(x).flatten()"
    plain, *others = (
        count(tmp_path, "def f(x):\n" + body.format(mode), torch.ones(4, 4))
        for mode in ("torch.enable_grad()", "torch.no_grad()", "torch.inference_mode()")
    )
    assert plain.ops == 4 and plain.flops == 2 * 2 * 64
    assert all(other == plain for other in others)


def test_live_bytes_are_the_peak(tmp_path: Path) -> None:
    text = """
        def f(x):
            for _ in range(10):
                x = x + 1       # the new one and the last one
            y = x[2:].view(-1)  # the same storage
            return y
        """
    assert count(tmp_path, text, torch.zeros(100)).live_bytes == 800
    chunks = "def f(x): return torch.stack([part.exp().sum() for part in x.split(10)])"
    # Ten numbers, the last chunk's exponentials among them, and then their stack.
    assert count(tmp_path, chunks, torch.zeros(100)).live_bytes == 4 * (10 + 10)


def test_live_bytes_of_tensors_from_elsewhere(tmp_path: Path) -> None:
    x = torch.zeros(100)
    assert count(tmp_path, "def f(x): return x.add_(1).view(10, 10)", x).live_bytes == 0
    assert count(tmp_path, "def f(x): return torch.add(x, 1, out=x)", x).live_bytes == 0
    grown = "def f(x): return torch.add(x, 1, out=torch.empty(0))"
    assert count(tmp_path, grown, x).live_bytes == 400
    assert count(tmp_path, "def f(x): return torch.tensor([1.0, 2.0])", x).live_bytes == 8
    numpy = "import numpy\ndef f(x): return torch.from_numpy(numpy.ones(5))"
    assert count(tmp_path, numpy, x).live_bytes == 40


def test_counts_start_afresh_and_repeat(tmp_path: Path) -> None:
    text = """
        kept = []
        def f(x):
            kept.append(x * 2)
            return (torch.relu(x @ kept[-1]).sum() + x.max().item()).backward()
        """
    with metered(tmp_path, text) as (meter, sub):
        seen = []
        for play in range(5):
            meter.start()
            sub.f(torch.ones(6, 6, requires_grad=True))
            seen.append(meter.counts())
            if play == 2:
                sub.kept.clear()
        assert seen[0].ops > 5 and seen[0].saved_bytes > 0
        assert seen == seen[:1] * 5


def test_results_are_the_same_as_without(tmp_path: Path) -> None:
    text = """
        def f(x):
            y = torch.softmax(F.gelu(x @ x.T), -1)
            first, = torch.autograd.grad(y.square().sum(), x, create_graph=True)
            second, = torch.autograd.grad(first.sum(), x)
            return y.detach(), first.detach(), second
        """
    x = torch.randn(5, 5, requires_grad=True)
    with metered(tmp_path, text) as (_, sub):
        counted = sub.f(x)
    plain = sub.f(x)
    assert all(torch.equal(one, other) for one, other in zip(counted, plain, strict=True))


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("x.sum().item()", "item"),
        ("x.tolist()", "tolist"),
        ("x.numpy()", "numpy"),
        ("__import__('numpy').asarray(x)", "numpy"),
        ("x.cpu()", "cpu"),
        ("bool(x.sum())", "bool"),
        ("1 if (x > 0).any() else 2", "bool"),
        ("int(x[0, 0])", "int"),
        ("float(x[0, 0])", "float"),
        ("f'{x[0, 0]}'", "format"),
        ("range(4)[x[0, 0].long()]", "index"),
        ("x[: x[0, 0].long()]", "item"),
        ("1.0 in x", "contains"),
        ("torch.equal(x, x)", "equal"),
        ("torch.allclose(x, x)", "allclose"),
        ("x.nonzero()", "nonzero"),
        ("torch.argwhere(x)", "nonzero"),
        ("torch.where(x > 0)", "where"),
        ("x[x > 0]", "mask indexing"),
        ("x[0, x[0] > 0]", "mask indexing"),
        ("x.__setitem__(x > 0, x[0, 0])", "mask indexing"),
        ("torch.ops.aten.index(x, [x > 0])", "mask indexing"),
        ("torch.masked_select(x, x > 0)", "masked_select"),
        ("torch.is_nonzero(x[0, 0])", "is_nonzero"),
        ("torch.unique(x)", "unique"),
        ("torch.repeat_interleave(x, torch.tensor([2, 2]), dim=0)", "repeat_interleave"),
        ("torch.ops.aten.item(x[0, 0])", "item"),
        ("torch.nn.functional.one_hot(x.long())", "one_hot"),
        ("torch.tensor([x[0, 0], x[0, 1]])", "tensor of tensors"),
        ("torch.as_tensor([[1.0, x[0, 1]]])", "tensor of tensors"),
        ("x.new_tensor(data=[x[0, 0]])", "tensor of tensors"),
    ],
)
def test_each_host_read_counts_once_by_its_name(tmp_path: Path, expression: str, name: str) -> None:
    counts = count(tmp_path, f"def f(x): {expression}", torch.ones(2, 2))
    assert counts.reads_by_name == {name: 1}
    assert counts.host_reads == 1


@pytest.mark.parametrize(
    "expression",
    [
        "torch.where(x > 0, x, 0.0)",
        "x.__setitem__(x > 0, 0.0)",
        "x.masked_fill_(x > 0, 0.0)",
        "x[torch.tensor([0, 1])]",
        "x.to('cpu')",
        "torch.repeat_interleave(x, 2)",
        "torch.nn.functional.one_hot(x.long(), 3)",
        "torch.nn.functional.one_hot(x.long(), num_classes=3)",
        "torch.tensor([[1.0], [2.0]]), torch.as_tensor(x), x.new_tensor(3.0)",
        "len(x), x.shape, x.dim(), [row for row in x]",
    ],
)
def test_what_does_not_wait_is_no_host_read(tmp_path: Path, expression: str) -> None:
    assert count(tmp_path, f"def f(x): {expression}", torch.ones(2, 2)).host_reads == 0


def test_threads_of_the_submission_are_inside(tmp_path: Path) -> None:
    text = """
        import threading, _thread
        from concurrent.futures import ThreadPoolExecutor
        def work(x): return x + 1
        def f(x):
            thread = threading.Thread(target=work, args=(x,))
            direct = threading.Thread(target=torch.exp, args=(x,))
            done = threading.Event()
            for each in (thread, direct):
                each.start()
                each.join()
            _thread.start_new_thread(lambda: (x - 1, done.set()), ())
            done.wait()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(work, [x] * 50))
        """
    assert count(tmp_path, text, torch.ones(3)).ops == 53


def test_threads_of_the_grader_are_outside(tmp_path: Path) -> None:
    with metered(tmp_path, "def f(x): return x + 1") as (meter, sub):
        meter.start()
        for target in (torch.exp, sub.f):
            thread = threading.Thread(target=target, args=(torch.ones(3),))
            thread.start()
            thread.join()
        assert meter.counts().ops == 1


def test_a_backward_pass_started_by_the_grader_is_inside(tmp_path: Path) -> None:
    text = """
        class Double(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x): return x * 2
            @staticmethod
            def backward(ctx, upstream): return (upstream * 2).clamp(max=float(upstream.max()))
        def f(x): return Double.apply(x).exp()
        """
    with metered(tmp_path, text) as (meter, sub):
        out = sub.f(torch.ones(3, requires_grad=True)).sum()
        meter.start()
        out.backward()
        assert meter.counts().ops == 4  # one in exp's backward, three in Double's
        assert meter.counts().reads_by_name == {"float": 1}


def test_a_backward_function_of_the_grader_is_outside(tmp_path: Path) -> None:
    def hook(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.exp().exp().exp()

    with metered(tmp_path, "def f(x): return x.exp()") as (meter, sub):
        totals = []
        for hooks in ([], [hook]):
            x = torch.ones(3, requires_grad=True)
            for each in hooks:
                x.register_hook(each)  # type: ignore[no-untyped-call]
            meter.start()
            torch.autograd.grad(sub.f(x).sum(), x)
            totals.append(meter.counts().ops)
        assert totals[0] == totals[1]


def test_saved_bytes(tmp_path: Path) -> None:
    x = torch.randn(1000, requires_grad=True)
    chain = "def f(x): return x.exp().exp().exp().sum()"
    assert count(tmp_path, chain, x).saved_bytes == 3 * 4000  # each saves its result
    assert count(tmp_path, "def f(x): return (x * x).sum()", x).saved_bytes == 4000
    assert count(tmp_path, "def f(x): return (x + x).sum()", x).saved_bytes == 0
    quiet = "def f(x):\n    with torch.no_grad(): return x.exp().exp().sum()"
    assert count(tmp_path, quiet, x).saved_bytes == 0
    steps = "def f(x):\n    for _ in range(5): x.exp().exp().sum().backward()"
    assert count(tmp_path, steps, x).saved_bytes == 8000  # a peak: no step adds to the last


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing_saves_bytes(tmp_path: Path, reentrant: bool) -> None:
    text = f"""
        from torch.utils.checkpoint import checkpoint
        def block(x): return x.exp().exp().exp().exp()
        def f(x):
            for _ in range(3): x = checkpoint(block, x, use_reentrant={reentrant})
            x.sum().backward()
        """
    x = torch.zeros(1000, requires_grad=True)
    assert 0 < count(tmp_path, text, x).saved_bytes <= (3 + 4) * 4000
    plain = text.replace("checkpoint(block, x", "(lambda x, **k: block(x))(x")
    assert count(tmp_path, plain, x).saved_bytes == 12 * 4000


def test_autograd_still_refuses_what_it_refuses(tmp_path: Path) -> None:
    text = """
        def changed(x): y = x.exp(); y.add_(1); y.sum().backward()
        def twice(x): y = x.exp().sum(); y.backward(); y.backward()
        """
    with metered(tmp_path, text) as (_, sub):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            sub.changed(torch.ones(2, requires_grad=True))
        with pytest.raises(RuntimeError, match="a second time"):
            sub.twice(torch.ones(2, requires_grad=True))


def test_transforms(tmp_path: Path) -> None:
    text = """
        def loss(x): return (x @ x.exp()).sum()
        def f(x):
            rows = torch.func.vmap(lambda row: torch.softmax(row, 0))(x)
            return rows, torch.func.grad(loss)(x), torch.func.hessian(loss)(x)
        def after(x): return x.exp().sum()
        """
    x = torch.randn(3, 3, requires_grad=True)
    with metered(tmp_path, text) as (meter, sub):
        counted = sub.f(x)
        assert meter.counts().ops > 10
        meter.start()
        held = sub.after(x)
        assert meter.counts().saved_bytes == 36
        del held
    for one, other in zip(counted, sub.f(x), strict=True):
        assert torch.equal(one, other)


def test_own_operators_are_taken_apart(tmp_path: Path) -> None:
    text = """
        @torch.library.custom_op("drill_test_work::twice", mutates_args=())
        def twice(x: torch.Tensor) -> torch.Tensor: return torch.exp(x) * x.sum().item()
        def f(x): return twice(x)
        """
    counts = count(tmp_path, text, torch.ones(3))
    assert (counts.ops, counts.reads_by_name) == (3, {"item": 1})


def test_counting_off_and_on(tmp_path: Path) -> None:
    with metered(tmp_path, "def f(x): return x + 1", counting=False) as (meter, sub):
        assert torch._C._len_torch_dispatch_stack() == torch._C._len_torch_function_stack() == 0
        sub.f(torch.ones(2))
        assert meter.counts() == Counts()
        meter.set_counting(True)
        meter.start()
        sub.f(torch.ones(2))
        meter.set_counting(False)
        sub.f(torch.ones(2))
        assert meter.counts().ops == 1


def test_a_mode_that_the_submission_leaves_on_does_no_harm(tmp_path: Path) -> None:
    text = """
        from torch.overrides import BaseTorchFunctionMode
        mode = BaseTorchFunctionMode()
        mode.__enter__()
        torch.set_default_device("cpu")
        def f(x): return x + 1
        """
    with metered(tmp_path, text) as (meter, sub):
        for counting in (False, True, True):
            meter.set_counting(counting)
            meter.start()
            sub.f(torch.ones(2))
            assert meter.counts().ops == counting
        torch.set_default_device(None)
        sub.mode.__exit__(None, None, None)


def test_uninstalling_takes_everything_back(tmp_path: Path) -> None:
    def patched() -> list[dict[str, Any]]:
        return [dict(vars(owner)) for owner in (threading, torch.autograd, graph, nn.Softmax)]

    before = patched()
    with metered(tmp_path, "", "class: torch.nn.Softmax"):
        assert not any(one == other for one, other in zip(before, patched(), strict=True))
    assert before == patched()
    assert torch._C._len_torch_dispatch_stack() == torch._C._len_torch_function_stack() == 0


def test_counting_imports_no_compiler(tmp_path: Path) -> None:
    text = f"""
        import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_work import count, torch
        count(Path({str(tmp_path)!r}), "def f(x): return x.softmax(0).sum().item()", torch.ones(3))
        assert "torch._dynamo" not in sys.modules
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(text)], check=True)
