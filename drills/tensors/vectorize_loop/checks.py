import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, seeds, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, work

s = Sizes("N M", high=8)
other = st.shared(choice([torch.float16, torch.bfloat16, torch.float64]), key="dtype")
near = close(loosen=10)  # 1e-4 of the largest entry in float32


@check(
    x=tensors(s.N, regimes=("small", "normal", "large", "tiny")),
    w=tensors(s.M, regimes=("small", "normal", "large", "tiny")),
    named=st.booleans(),
    examples=24,
    expect=near,
)
def matches(impl, x, w, named):
    """Entry i is the sum over j of max(0, x[i] - w[j]) squared."""
    return impl.hinge_energy(w=w, x=x) if named else impl.hinge_energy(x, w)


def around(place, sizes, seed):
    """x and w above a level; x may lie closely above the least w, so that little is left."""
    level, span, squeeze = place
    random = torch.Generator().manual_seed(seed)
    x, w = (torch.randperm(size, generator=random) / size for size in sizes)
    x = squeeze * (x + 0.5 / len(x))
    return [(level + span * one.double()).float() for one in (x, w)]


places = [(1000, 6, 1), (0, 4e-4, 1), (-1000, 6, 1), (0, 3e4, 1), (1000, 3, 0.003)]
lengths = st.sampled_from([(3, 2), (2, 5), (5, 30), (30, 4), (29, 27)])
pair = st.shared(st.builds(around, choice(places), lengths, seeds), key="pair")


@check(x=pair.map(lambda xw: xw[0]), w=pair.map(lambda xw: xw[1]), examples=15, expect=near)
def offset(impl, x, w):
    """Stays accurate where all entries are far from 0, very small, or close to each other."""
    return impl.hinge_energy(x, w)


@check(
    x=tensors(s.N, dtype=other, regimes=("small", "normal")),
    w=tensors(s.M, dtype=other, regimes=("small", "normal")),
    examples=15,
    expect=close(loosen=2),
    after=("matches", "offset"),
)
def dtypes(impl, x, w):
    """Keeps float16, bfloat16 and float64, to the precision of the dtype."""
    return impl.hinge_energy(x, w)


@check(
    x=tensors(s.N, dtype=other),
    w=other.map(lambda dtype: torch.zeros(0, dtype=dtype)),
    examples=6,
    expect=near,
    after=("dtypes",),
)
def empty_w(impl, x, w):
    """With an empty w the result is N zeros of the dtype of x."""
    return impl.hinge_energy(x, w)


@check(
    x=tensors(s.N, dtype=torch.float64, grad=True),
    w=tensors(s.M, dtype=torch.float64, grad=True),
    frozen=choice(["none", "x", "w"]),
    examples=15,
    expect=close(terms=10.0),
)
def gradient(impl, x, w, frozen):
    """The gradients reach those of x and w that want one, and are right."""
    x, w = (x.detach() if frozen == "x" else x), (w.detach() if frozen == "w" else w)
    out = impl.hinge_energy(x, w)
    return out, gradients(out, [one for one in (x, w) if one.requires_grad])


@check(
    sizes=choice([(2, 3), (40, 2), (2, 40), (700, 900), (100_000, 2), (3, 100_000)]),
    examples=6,
    expect=work(ops=32, values=near),
)
def lean(impl, sizes):
    """Takes a fixed number of operations, however many entries x and w have."""
    x, w = (torch.arange(size, dtype=torch.float32).mul(0.7).cos() for size in sizes)
    return impl.hinge_energy(x, w)


@timed(
    x=tensors(1000, regimes=("normal",), layouts=("contiguous",)),
    w=tensors(100, regimes=("normal",), layouts=("contiguous",)),
    expect=near,
)
def thousand(impl, x, w):
    """A thousand entries against a hundred."""
    return impl.hinge_energy(x, w)
