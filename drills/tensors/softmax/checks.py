import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, work

s = Sizes("A B C")
any_axis = st.sampled_from([-1, 0, 1, 2, -2, -3])
half = st.sampled_from([torch.float16, torch.bfloat16, torch.float64])
extreme_values = ("uneven", "sunken", "large", "constant")
wide = st.sampled_from([64, 320])  # a small and a large case: the limits hold for both


@check(x=tensors(s.A, s.B, s.C), dim=any_axis, examples=30)
def matches(impl, x, dim):
    """Agrees with the definition along whichever axis dim names."""
    return impl.softmax(x, dim)


@check(x=st.one_of(tensors(s.A), tensors(s.A, s.B)), examples=10)
def default_axis(impl, x):
    """Without dim it works along the last axis, on any number of axes."""
    return impl.softmax(x)


# exp(x - logsumexp) is right, though rounding a logarithm of 10,000 to float32 costs over 1e-5.
@check(
    x=tensors(s.A, s.B, s.C, regimes=extreme_values),
    dim=st.sampled_from([-1, 2]),
    examples=30,
    expect=close(loosen=200),
)
def extreme(impl, x, dim):
    """Stays finite and exact for entries around 10,000, uneven levels and -inf entries."""
    return impl.softmax(x, dim)


@check(
    x=tensors(s.A, s.B, dtype=half, regimes=("normal", "holes")),
    dim=st.sampled_from([-1, 0]),
)
def dtypes(impl, x, dim):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    return impl.softmax(x, dim)


@check(
    x=tensors(s.A, s.B, regimes=("small", "normal"), grad=True),
    dim=any_axis,
    expect=close(terms=1.0),
)
def gradient(impl, x, dim):
    """The gradient flows back to x and is right."""
    out = impl.softmax(x, dim % 2 - 2)
    return out, gradients(out, [x])


flat, deep = (tensors(*shape, regimes=("spaced",)) for shape in ((s.A, s.B), (s.A, s.B, s.C)))
close_by = tensors(s.A, s.B, regimes=("spaced",), dtype=torch.float64).map(lambda x: 1 + 1e-9 * x)


@check(
    logits=choice([flat, deep, close_by]).flatmap(lambda kind: kind),
    after=("default_axis", "dtypes"),
)
def predicts(impl, logits):
    """predict gives the index of the largest probability along the last axis."""
    return impl.predict(logits)


@check(
    x=tensors(wide, wide, regimes=("normal",), layouts=("contiguous",)),
    dim=st.sampled_from([-1, 0]),
    examples=6,
    expect=work(ops=16, live_bytes=lambda x, dim: 3.2 * x.numel() * 4),
)
def lean(impl, x, dim):
    """Takes a fixed number of operations and little memory, whatever the size."""
    return impl.softmax(x, dim)


@timed(x=tensors(64, 1024, regimes=("normal",), layouts=("contiguous",)))
def rows(impl, x):
    """The softmax of 64 rows of 1,024 numbers."""
    return impl.softmax(x)
