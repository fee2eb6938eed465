import itertools
import operator

import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, choice, lay_out, seeds, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, work

s = Sizes("B T S", high=6)
h = Sizes("heads width", high=4)
dim = st.builds(operator.mul, h.heads, h.width)
dtypes = st.shared(st.sampled_from([torch.float16, torch.bfloat16, torch.float64]), key="dtype")
MATRICES = ("w_q", "w_k", "w_v", "w_o")
NAMES = ("q_proj", "k_proj", "v_proj", "out_proj")

# Weighted means cancel: an output near 0 carries the rounding of its larger neighbours.
near = close(axes=(-2, -1), loosen=3)


def weights(*shape, **options):
    """Four tensors of small numbers, stacked: a head attends to more than one place."""
    return tensors(4, *shape, regimes=("spaced", "normal"), **options)


def plain(**options):
    """The function's input, its four matrices and its number of heads."""
    x, w = tensors(s.B, s.T, dim, **options), weights(dim, dim, **options)
    return {"x": x, "w": w, "heads": h.heads}


def sources(**options):
    """A query, and a key and a value of another length, stacked."""
    kv = tensors(2, s.B, s.S, dim, **options)
    return {"query": tensors(s.B, s.T, dim, **options), "kv": kv}


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


def fill(layer, w, b):
    """The layer, with these matrices and biases written into it."""
    with torch.no_grad():
        for name, matrix, bias in zip(NAMES, w, b, strict=True):
            getattr(layer, name).weight.copy_(matrix)
            getattr(layer, name).bias.copy_(bias)
    return layer


@check(**plain(), examples=18, expect=near)
def matches(impl, x, w, heads):
    """The function splits, attends, concatenates and projects, for any number of heads."""
    return impl.multi_head_attention(x, *w, heads)


@check(**plain(), mask=masks(s.T), examples=16, expect=near)
def masked(impl, x, w, heads, mask):
    """A mask (T, T) holds for all heads and batch rows, a mask (B, T, T) for all heads."""
    first = impl.multi_head_attention(x, *w, heads, mask)
    mask.copy_(mask.roll(1, -1))  # no call may go by an earlier call's mask
    named = dict(zip(MATRICES, w, strict=True))
    return first, impl.multi_head_attention(x=x, **named, heads=heads, mask=mask)


@check(**plain(), b=weights(dim), examples=10, expect=near)
def module(impl, x, w, heads, b):
    """The layer does the same with the eight tensors of its state_dict, as they are at a call."""
    made = fill(impl.MultiHeadAttention(dim=x.shape[-1], heads=heads).to(x.dtype), w, b).eval()
    state = {name: list(tensor.shape) for name, tensor in made.state_dict().items()}
    first = made(x, x, x)
    fill(made, w.flip(0), b.flip(0))
    return state, first, made(x[:1], x[:1], x[:1], mask=None)


@check(
    w=weights(dim, dim),
    heads=h.heads,
    **sources(),
    mask=masks(s.S),
    examples=14,
    expect=near,
    after=("masked", "module"),
)
def cross(impl, w, heads, query, kv, mask):
    """The layer attends to keys and values of another length, by the mask of the call, if any."""
    made = fill(impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype), w, w[:, 0])
    key, value = kv
    first = made(query, key, value, mask)
    mask.copy_(mask.roll(1, -1))  # the same tensor, another mask
    second = made(query=query, key=key, value=value, mask=mask)
    return first, second, made(value, value, key)  # all other: nothing may be kept


@check(
    **plain(dtype=dtypes),
    **sources(dtype=dtypes),
    mask=masks(s.T),
    examples=10,
    expect=near,
    after=("masked", "cross"),
)
def half_types(impl, x, w, heads, mask, query, kv):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    made = fill(impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype), w, w[:, 0])
    return impl.multi_head_attention(x, *w, heads, mask), made(query, *kv)


@check(
    **plain(grad=True),
    **sources(grad=True),
    mask=masks(s.T),
    examples=10,
    expect=close(axes=(-2, -1), terms=1.0, loosen=3),
    after=("masked", "cross"),
)
def gradient(impl, x, w, heads, mask, query, kv):
    """The gradients reach every argument and every parameter, and are right."""
    first = gradients(impl.multi_head_attention(x, *w, heads, mask), [x, w])
    made = fill(impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype), w, w[:, 0])
    parameters = [p for name in NAMES for p in getattr(made, name).parameters()]
    return first, gradients(made(query, *kv), [query, kv, *parameters])


sizes = [(2, 3, 96), (96, 3, 2), (2, 96, 2)]  # B, T and heads: a loop over any of them shows


@check(
    case=choice(list(itertools.product(sizes, (0, 2, 3)))),
    examples=9,
    expect=work(ops=120, values=near),
    after=("masked", "cross"),
)
def lean(impl, case):
    """Function and layer take a fixed number of operations, whatever the sizes and the mask."""
    (batch, length, heads), axes = case
    x, w = torch.randn(batch, length, 96), 0.1 * torch.randn(4, 96, 96)
    shape = (batch, length, length)[3 - axes :]
    mask = torch.ones(shape, dtype=torch.bool).tril() if axes else None
    made = fill(impl.MultiHeadAttention(96, heads), w, w[:, 0])
    return impl.multi_head_attention(x, *w, heads, mask), made(x, x, x, mask)


@timed(
    x=tensors(2, 128, 96, regimes=("normal",), layouts=("contiguous",)),
    w=tensors(4, 96, 96, regimes=("normal",), layouts=("contiguous",)),
    expect=close(axes=(-2, -1), loosen=20),
)
def six_heads(impl, x, w):
    """The function with six heads of 16 on two sequences of 128 tokens."""
    return impl.multi_head_attention(x, *(0.1 * w), 6)
