import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, ints, seeds, tensors
from drill.grader.checks import check, gradients, refuses, timed
from drill.grader.expect import close, work

s = Sizes("A B C T", high=8)
other = choice([torch.float16, torch.bfloat16, torch.float64])


def any_rank(**options):
    """Draws for (..., T) with up to three leading axes."""
    x = tensors(s.A, s.B, s.C, s.T, **options)
    return st.builds(lambda x, axes: x[(0,) * axes], x, st.sampled_from([2, 1, 3, 0]))


def windows(*kinds):
    """Draws for the window of an x whose last size is s.T: 1, T, or one between."""

    def pick(kind, length, drawn):
        between = min(length, 2 + drawn % max(1, length - 2))
        return {"one": 1, "all": length}.get(kind, between)

    return st.builds(pick, choice(kinds), s.T, ints(0, 99))


every = windows("between", "all", "one")


@check(
    window=every,
    x=any_rank(regimes=("small", "normal", "uneven")),
    named=st.booleans(),
    examples=27,
    expect=close(terms=32.0),
)
def matches(impl, x, window, named):
    """Is the mean of every full window along the last axis, from window 1 to window T."""
    return impl.rolling_mean(window=window, x=x) if named else impl.rolling_mean(x, window)


@check(x=any_rank(), over=ints(1, 4), below=st.sampled_from([-1, -2, -5]), examples=8)
def refusals(impl, x, over, below):
    """A window below 1 or above T raises ValueError."""
    return [refuses((ValueError,), impl.rolling_mean, x, n) for n in (x.shape[-1] + over, 0, below)]


def signal(form, length, seed):
    """Positive numbers (length,) near 1,000,000, or partly there and partly near 1."""
    source = torch.Generator().manual_seed(seed)
    noise = 1 + torch.rand(length, generator=source)
    if form == "level":
        return 1e6 + noise
    start, end = sorted(torch.randint(length, (2,), generator=source).tolist())
    place = torch.arange(length)
    return torch.where((place >= start) & (place <= end), 1e6 * noise, noise)


@check(
    form=choice(["jump", "level"]),
    length=st.sampled_from([8, 4096, 2000]),
    seed=seeds,
    window=st.sampled_from([3, 1, 2, 5, 8]),
    examples=14,
    expect=close(axes=(), oracle="as drawn"),
)
def accurate(impl, form, length, seed, window):
    """Means of up to 8 entries are right to 1e-5 of themselves in float32, also after jumps."""
    return impl.rolling_mean(signal(form, length, seed), window)


@check(
    x=st.builds(torch.mul, any_rank(dtype=other, regimes=("positive",)), choice([1, 30_000, 0.01])),
    window=windows("between", "all"),
    examples=16,
    expect=close(loosen=2),
)
def dtypes(impl, x, window):
    """Keeps float16, bfloat16 and float64, also where the sum of a window overflows float16."""
    return impl.rolling_mean(x, window)


@check(x=any_rank(dtype=torch.float64, grad=True), window=every, examples=12)
def gradient(impl, x, window):
    """The gradient flows back to x and is right."""
    out = impl.rolling_mean(x, window)
    return out, gradients(out, [x])


@check(
    sizes=choice([(256, 3), (1024, 400), (4096, 300), (4096, 4095), (30_000, 2)]),
    examples=5,
    expect=work(ops=32, live_bytes=lambda sizes: 32 * 4 * sizes[0], values=close(loosen=10)),
)
def lean(impl, sizes):
    """Takes a fixed number of operations, and memory in proportion to T whatever the window."""
    return impl.rolling_mean(signal("level", sizes[0], 1), sizes[1])


@timed(
    x=tensors(16, 4096, regimes=("normal",), layouts=("contiguous",)),
    window=ints(90, 110),
    expect=close(loosen=20),
)
def signals(impl, x, window):
    """Sixteen signals of 4,096 samples, windows of about 100."""
    return impl.rolling_mean(x, window)
