from functools import partial
from itertools import product
from operator import itemgetter

import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, choice, lay_out, make_tensor, seeds
from drill.grader.checks import check, gradients
from drill.grader.expect import close, work
from drill.grader.strata import favoured

MATRICES = ("w_q", "w_k", "w_v", "w_o")
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")

# Weighted means cancel: an output near 0 carries the rounding of its larger neighbours.
near = close(axes=(-2, -1), loosen=3)


def made_mask(shape, layout, seed):
    """About half True, at least one in each row."""
    source = torch.Generator().manual_seed(seed)
    mask = torch.rand(shape, generator=source) < 0.5
    kept = torch.randint(shape[-1], (*shape[:-1], 1), generator=source)
    return lay_out(mask.scatter(-1, kept, True), layout)


def build(dtype, regime, mode, place, lengths, widths, batched, layout, seed, grad):
    """Everything that a check may take: sizes are distinct, all equal, or one of them is 1."""
    sizes = [*lengths[:3], *widths[:2]] if mode != "equal" else widths[:1] * 5
    if mode == "one":
        sizes[place] = 1
    b, t, s, heads, width = sizes
    dim, small = heads * width, "spaced" if regime == "small" else regime

    def tensor(kind, *shape):
        return make_tensor(shape, dtype, kind, layout, seed + len(shape) * shape[0], grad)

    return {
        "heads": heads,
        "x": tensor(regime, b, t, dim),
        "w": tensor(small, 4, dim, dim),  # small numbers: a head attends to more than one place
        "b": tensor(small, 4, dim),
        "query": tensor(regime, b, t, dim),
        "kv": tensor(regime, 2, b, s, dim),
        "mask": made_mask((b, t, t) if batched else (t, t), layout, seed),
        "cross_mask": made_mask((b, t, s) if batched else (t, s), layout, seed),
    }


def drawn(names, dtypes=(torch.float32,), grad=False):
    """These parts of one built case, by name."""
    one = st.builds(
        partial(build, grad=grad),
        choice(dtypes) if len(dtypes) > 1 else st.just(dtypes[0]),
        choice(("small", "normal")),
        favoured(("distinct", "one", "equal")),
        st.integers(0, 4),
        st.permutations(range(2, 7)),
        st.permutations(range(2, 5)),
        st.booleans(),
        st.sampled_from(LAYOUTS),
        seeds,
    )
    case = st.shared(one)
    return {name: case.map(itemgetter(name)) for name in names.split()}


def fill(layer, w, b):
    """The layer, with these matrices and biases written into it."""
    with torch.no_grad():
        for name, matrix, bias in zip(PROJECTIONS, w, b, strict=True):
            getattr(layer, name).weight.copy_(matrix)
            getattr(layer, name).bias.copy_(bias)
    return layer


@check(**drawn("x w heads"), examples=18, expect=near)
def matches(impl, x, w, heads):
    """The function splits, attends, concatenates and projects, for any number of heads."""
    return impl.multi_head_attention(x, *w, heads)


@check(**drawn("x w heads mask"), examples=16, expect=near)
def masked(impl, x, w, heads, mask):
    """A mask (T, T) holds for all heads and batch rows, a mask (B, T, T) for all heads."""
    first = impl.multi_head_attention(x, *w, heads, mask)
    mask.copy_(mask.roll(1, -1))  # no call may go by an earlier call's mask
    named = dict(zip(MATRICES, w, strict=True))
    return first, impl.multi_head_attention(x=x, **named, heads=heads, mask=mask)


@check(**drawn("x w heads b"), examples=10, expect=near)
def module(impl, x, w, heads, b):
    """The layer does the same with the eight tensors of its state_dict, as they are at a call."""
    made = fill(impl.MultiHeadAttention(dim=x.shape[-1], heads=heads).to(x.dtype), w, b).eval()
    state = {name: list(tensor.shape) for name, tensor in made.state_dict().items()}
    first = made(x, x, x)
    fill(made, w.flip(0), b.flip(0))
    return state, first, made(x[:1], x[:1], x[:1], mask=None)


@check(
    **drawn("w heads query kv cross_mask"),
    examples=14,
    expect=near,
    after=("masked", "module"),
)
def cross(impl, w, heads, query, kv, cross_mask):
    """The layer attends to keys and values of another length, by the mask of the call, if any."""
    made = fill(impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype), w, w[:, 0])
    key, value = kv
    first = made(query, key, value, cross_mask)
    cross_mask.copy_(cross_mask.roll(1, -1))
    second = made(query=query, key=key, value=value, mask=cross_mask)
    return first, second, made(key, key, value)


@check(
    **drawn("x w heads mask query kv", dtypes=(torch.float16, torch.bfloat16, torch.float64)),
    examples=10,
    expect=near,
    after=("masked", "cross"),
)
def half_types(impl, x, w, heads, mask, query, kv):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    made = fill(impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype), w, w[:, 0])
    return impl.multi_head_attention(x, *w, heads, mask), made(query, *kv)


@check(
    **drawn("x w heads mask query kv", grad=True),
    examples=10,
    expect=close(axes=(-2, -1), terms=1.0, loosen=3),
    after=("masked", "cross"),
)
def gradient(impl, x, w, heads, mask, query, kv):
    """The gradients reach every argument and every parameter, and are right."""
    first = gradients(impl.multi_head_attention(x, *w, heads, mask), [x, w])
    made = fill(impl.MultiHeadAttention(w.shape[-1], heads).to(w.dtype), w, w[:, 0])
    parameters = [p for name in PROJECTIONS for p in getattr(made, name).parameters()]
    return first, gradients(made(query, *kv), [query, kv, *parameters])


sizes = [(2, 3, 96), (96, 3, 2), (2, 96, 2)]  # B, T and heads: a loop over any of them shows


@check(
    case=choice(list(product(sizes, (0, 2, 3)))),
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
