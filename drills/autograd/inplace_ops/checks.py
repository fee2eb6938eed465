import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, tensors
from drill.grader.checks import attempt, check, gradients, refuses
from drill.grader.expect import close, work

s = Sizes("A B C", high=6)
factors = st.sampled_from([0.1, -0.7, 3.3])  # none of which float32 holds exactly
specials = st.sampled_from([1.0, 0.0, -2.0])
wide = st.sampled_from([6, 64])  # a small and a large case


def any_rank(*regimes, dtypes=FLOATS):
    """Tensors with one to three axes, without zero rows; each dtype gets its turn."""
    shapes = (s.A, s.B), (s.A,), (s.A, s.B, s.C)
    drawn = (tensors(*one, dtype=choice(dtypes), regimes=regimes) for one in shapes)
    return st.one_of(*drawn).map(lambda x: x.masked_fill_(x == 0, 2))


one_of_each = {"a": factors, "special": specials, "x": any_rank("small", "normal")}


def memory(tensor):
    """Where its memory begins."""
    return tensor.untyped_storage().data_ptr()


@check(**one_of_each, examples=16)
def scales(impl, a, special, x):
    """scale gives x times a in new memory; x and its version counter stay as they are."""
    version = x._version
    outs = [impl.scale(x, a), impl.scale(x=x, a=special)]
    return {
        "results": outs,
        "share memory with x": [memory(out) == memory(x) for out in outs],
        "version counter rose by": x._version - version,
    }


@check(**one_of_each, examples=16, after=())
def in_place(impl, a, special, x):
    """scale_ changes x in place, returns x itself, and its version counter rises each time."""
    found = []
    for factor in (a, special):
        version = x._version
        out = impl.scale_(x, factor) if factor == a else impl.scale_(x=x, a=factor)
        rises = x._version > version
        found.append({"is x": out is x, "version counter rises": rises, "x": x.clone()})
    return found, out


@check(
    a=factors,
    x=tensors(wide, wide, dtype=choice(FLOATS)),
    graph=st.booleans(),
    examples=8,
    expect=work(live_bytes=lambda x, **_: x.numel() * x.itemsize / 4),
    after=("in_place",),
)
def lean(impl, a, x, graph):
    """scale_ makes no new tensor of the size of x, with or without a graph."""
    return impl.scale_(x.detach().requires_grad_(graph) + 1, a)


some = choice([0.7, 1.0, 0.0, -2.0])


@check(a=some, x=tensors(s.A, s.B), examples=8, after=("scales", "in_place"))
def records(impl, a, x):
    """Gradients flow through scale, and through tensors and views that scale_ has changed."""
    leaf = x.detach().requires_grad_()
    second, third = leaf * 2, leaf * 3
    impl.scale_(second, a)
    impl.scale_(third[-1], a)  # a view: third itself changes
    outs = [impl.scale(leaf, a), second, third]
    return outs, [attempt(gradients, out, [leaf]) for out in outs]


@check(a=factors, x=any_rank("small", "normal"), examples=8, after=("in_place",))
def leaf(impl, a, x):
    """A leaf that requires a gradient is refused and left as it was, and scaled under no_grad."""
    x = x.detach().clone().requires_grad_()
    refused, before = refuses((RuntimeError,), impl.scale_, x, a), x.detach().clone()
    version = x._version
    with torch.no_grad():
        same = impl.scale_(x, a) is x
    found = {"is x": same, "still a leaf": x.is_leaf, "counter rises": x._version > version}
    return {"with autograd": refused, "after that": before, "under no_grad": x, **found}


short = any_rank("tiny", dtypes=(torch.float32, torch.float64))


@check(x=st.one_of(any_rank("small", "normal"), short), examples=24, after=())
def normalizes(impl, x):
    """Each row of the last axis is divided by its L2 norm, in its dtype; x is left alone."""
    version = x._version
    out = impl.normalize_rows(x)
    return {"result": out, "version counter rose by": x._version - version}


@check(
    x=any_rank("small", "normal", "tiny", dtypes=(torch.float64,)),
    examples=12,
    expect=close(terms=1e6),  # a row of one number: 1e4 - 1e4, or 1e6 - 1e6
    after=("normalizes",),
)
def gradient(impl, x):
    """The gradient of normalize_rows is right, also where x is no leaf and used again."""
    leaf = x.detach().requires_grad_()
    inner = leaf * 2
    outs = [impl.normalize_rows(leaf), impl.normalize_rows(inner) + inner]
    return [attempt(gradients, out, [leaf]) for out in outs]
