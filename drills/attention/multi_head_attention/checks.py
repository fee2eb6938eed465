import operator

import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, lay_out, seeds, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, exact, work

s = Sizes("B T S", high=6)
h = Sizes("heads width", high=4)
dim = st.builds(operator.mul, h.heads, h.width)
dtypes = st.shared(st.sampled_from([torch.float16, torch.bfloat16, torch.float64]), key="dtype")
NAMES = ("q_proj", "k_proj", "v_proj", "out_proj")

# Weighted means cancel: an output near 0 carries the rounding of its larger neighbours.
near = close(axes=(-2, -1), loosen=3)


def weights(*shape, **options):
    """A tensor of small numbers, so that a head attends to more than one place."""
    return tensors(*shape, regimes=("spaced", "normal"), **options)


def plain(**options):
    """The function's arguments without a mask."""
    matrices = {name: weights(dim, dim, **options) for name in ("w_q", "w_k", "w_v", "w_o")}
    return {"x": tensors(s.B, s.T, dim, **options), **matrices, "heads": h.heads}


def layered(**options):
    """The layer's weight matrices and biases, stacked, and its number of heads."""
    return {"w": weights(4, dim, dim, **options), "b": weights(4, dim, **options), "heads": h.heads}


def sources(**options):
    """query, key and value: key and value are of another length."""
    key, value = (tensors(s.B, s.S, dim, **options) for _ in range(2))
    return {"query": tensors(s.B, s.T, dim, **options), "key": key, "value": value}


def made_mask(shape, layout, seed):
    """About half True, at least one in each row."""
    source = torch.Generator().manual_seed(seed)
    mask = torch.rand(shape, generator=source) < 0.5
    kept = torch.randint(shape[-1], (*shape[:-1], 1), generator=source)
    return lay_out(mask.scatter(-1, kept, True), layout)


def masks(keys):
    """A mask (T, keys) or (B, T, keys)."""
    shapes = st.one_of(st.tuples(s.T, keys), st.tuples(s.B, s.T, keys))
    return st.builds(made_mask, shapes, st.sampled_from(LAYOUTS), seeds)


def layer(impl, w, b, heads):
    """The submission's layer with these weights."""
    made = impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype)
    with torch.no_grad():
        for name, matrix, bias in zip(NAMES, w, b, strict=True):
            getattr(made, name).weight.copy_(matrix)
            getattr(made, name).bias.copy_(bias)
    return made


@check(**plain(), examples=25, expect=near)
def matches(impl, x, w_q, w_k, w_v, w_o, heads):
    """The function splits, attends, concatenates and projects, for any number of heads."""
    return impl.multi_head_attention(x, w_q, w_k, w_v, w_o, heads)


@check(**plain(), mask=masks(s.T), examples=20, expect=near)
def masked(impl, mask, **arguments):
    """A mask (T, T) holds for all heads and batch rows, a mask (B, T, T) for all heads."""
    return impl.multi_head_attention(**arguments, mask=mask)


@check(**layered(), x=tensors(s.B, s.T, dim), examples=15, expect=near)
def module(impl, w, b, heads, x):
    """The layer does the same with its own projections, biases included, call after call."""
    made = layer(impl, w, b, heads)
    return made(x, x, x), made(x[:1], x[:1], x[:1], mask=None)


@check(
    **layered(),
    **sources(),
    mask=st.one_of(masks(s.S), st.none()),
    examples=20,
    expect=near,
    after=("masked", "module"),
)
def cross(impl, w, b, heads, query, key, value, mask):
    """The layer attends to keys and values of another length, with a mask or without."""
    return layer(impl, w, b, heads)(query, key, value, mask)


@check(
    **plain(dtype=dtypes),
    **sources(dtype=dtypes),
    mask=masks(s.T),
    examples=12,
    expect=near,
    after=("masked", "cross"),
)
def half_types(impl, x, w_q, w_k, w_v, w_o, heads, mask, query, key, value):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    w = torch.stack([w_q, w_k, w_v, w_o])
    made = layer(impl, w, w[:, 0], heads)
    out = impl.multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask)
    return out, made(query, key, value)


@check(
    **plain(grad=True),
    **sources(grad=True),
    mask=masks(s.T),
    examples=12,
    expect=close(axes=(-2, -1), terms=1.0, loosen=3),
    after=("masked", "cross"),
)
def gradient(impl, x, w_q, w_k, w_v, w_o, heads, mask, query, key, value):
    """The gradients reach every argument and every parameter, and are right."""
    out = impl.multi_head_attention(x, w_q, w_k, w_v, w_o, heads, mask)
    w = torch.stack([w_q, w_k, w_v, w_o]).detach()
    made = layer(impl, w, w[:, 0], heads)
    parameters = [p for name in NAMES for p in getattr(made, name).parameters()]
    leaves = [query, key, value, *parameters]
    first = gradients(out, [x, w_q, w_k, w_v, w_o])
    return first, gradients(made(query, key, value), leaves)


@check(dim=dim, heads=h.heads, examples=4, expect=exact(), after=("module",))
def state(impl, dim, heads):
    """state_dict holds a weight and a bias for each of the four projections, and nothing else."""
    kept = impl.MultiHeadAttention(dim=dim, heads=heads).state_dict()
    return {name: list(tensor.shape) for name, tensor in kept.items()}


many = st.sampled_from([2, 16])


@check(
    x=tensors(2, 5, 32, layouts=("contiguous",)),
    w=weights(32, 32, layouts=("contiguous",)),
    heads=many,
    examples=6,
    expect=work(ops=75, values=near),
    after=("masked", "cross"),
)
def lean(impl, x, w, heads):
    """Function and layer take a fixed number of operations, whatever the number of heads."""
    made = layer(impl, torch.stack([w, w, w, w]), w[:4], heads)
    return impl.multi_head_attention(x, w, w, w, w, heads), made(x, x, x)
