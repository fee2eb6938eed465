import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, work

s = Sizes("T S D E", high=8)
lead = Sizes("B H", high=4)
half = st.sampled_from([torch.float16, torch.bfloat16, torch.float64])
single = st.sampled_from([torch.float32, torch.float64])


def qkv(*lead, **options):
    """Draws for q (*lead, T, D), k (*lead, S, D) and v (*lead, S, E)."""
    return {
        "q": tensors(*lead, s.T, s.D, **options),
        "k": tensors(*lead, s.S, s.D, **options),
        "v": tensors(*lead, s.S, s.E, **options),
    }


# Weighted means cancel: an output near 0 carries the rounding of its larger neighbours.
mean = close(axes=(-2, -1))


@check(**qkv(), examples=25, expect=mean)
def matches(impl, q, k, v):
    """Agrees with softmax(q k^T / sqrt(D)) v for one head."""
    return impl.scaled_dot_product_attention(q, k, v)


@check(**qkv(lead.B, lead.H), examples=20, expect=mean)
def leading_axes(impl, q, k, v):
    """Batch and heads are attended to one by one, never mixed."""
    return impl.scaled_dot_product_attention(q, k, v)


@check(
    q=tensors(s.T, s.D, dtype=single, regimes=("large", "uneven")),
    k=tensors(s.S, s.D, dtype=single, regimes=("small",)),
    v=tensors(s.S, s.E, dtype=single),
    examples=15,
    expect=close(axes=(-2, -1), oracle="as drawn", loosen=200),
    after=("matches",),
)
def large_scores(impl, q, k, v):
    """Stays finite and right for scores around 10,000."""
    k = k.to(q.dtype)
    return impl.scaled_dot_product_attention(q, k, v.to(q.dtype))


@st.composite
def same_dtype(draw):
    """q, k and v of one half-precision or double type."""
    dtype = draw(half)
    return tuple(draw(strategy) for strategy in qkv(lead.B, dtype=dtype).values())


@check(
    qkv=same_dtype(),
    expect=close(axes=(-2, -1), loosen=2),
    examples=15,
    after=("leading_axes",),
)
def dtypes(impl, qkv):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    return impl.scaled_dot_product_attention(*qkv)


@check(
    **qkv(lead.B, grad=True),
    frozen=choice(["none", "q", "k", "v"]),
    examples=16,
    expect=mean,
    after=("leading_axes",),
)
def gradient(impl, q, k, v, frozen):
    """The gradients reach those of q, k and v that want one, and are right."""
    given = {"q": q, "k": k, "v": v}
    given |= {name: one.detach() for name, one in given.items() if name == frozen}
    out = impl.scaled_dot_product_attention(**given)
    return out, gradients(out, [one for one in given.values() if one.requires_grad])


shapes = choice([(2, 2, 2), (24, 24, 24), (1, 1, 1100)])  # many heads, and a long sequence


@check(
    q=shapes.flatmap(lambda shape: tensors(*shape, 8, layouts=("contiguous",))),
    seed=st.integers(0, 99),
    examples=8,
    expect=work(ops=12),
    after=("leading_axes",),
)
def lean(impl, q, seed):
    """Takes a fixed number of operations, whatever the sizes."""
    k = q.roll(seed, -1)
    return impl.scaled_dot_product_attention(q, k, k)


one_head = tensors(4, 192, 64, regimes=("normal",), layouts=("contiguous",))


@timed(q=one_head, k=one_head, v=one_head, expect=close(axes=(-2, -1), loosen=4))
def heads(impl, q, k, v):
    """Four heads of 64 numbers on 192 tokens."""
    return impl.scaled_dot_product_attention(q, k, v)
