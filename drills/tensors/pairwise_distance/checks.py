from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, ints, seeds, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, relation, work

s = Sizes("N M D")
single = st.shared(choice([torch.float32, torch.float64]), key="dtype")
factors = choice([1.0, 2.0**10, 2.0**-20])  # powers of 2, which leave the digits alone
near = close(axes=(-2, -1), terms=1300.0)  # norms cancel, and rounding is relative to them
# How far off an entry may be, relative to the largest norms.
LOSS = {torch.float32: 1e-5, torch.float64: 1e-9, torch.float16: 1e-2, torch.bfloat16: 8e-2}
# How sets of points lie: level and spread; around 0, far from it, tiny (where a dtype holds their
# squares), and at two points, whose distance a sum in the half type itself gets wrong.
whole, half = (torch.float32, torch.float64), {torch.float16: 1.8877, torch.bfloat16: 8.5123}
sets = [*product(LOSS, [(0.0, 1.0), (8.0, 1.0)]), *product(whole, [(0.0, 2.0**-20)])]
sets += [(dtype, (level, 0.0)) for dtype, level in half.items()]


def points(**options):
    """Draws for x and y: integers and quarters, or normal numbers."""
    x = tensors(s.N, s.D, regimes=("small", "normal"), **options)
    return {"x": x, "y": tensors(s.M, s.D, regimes=("spaced", "normal"), **options)}


@check(factor=factors, **points(dtype=single), examples=30, expect=near)
def matches(impl, factor, x, y):
    """Agrees with the sum of squared differences, for tiny and for huge points too."""
    x, y = x * factor, y * factor
    there, back = impl.squared_distances(x, y), impl.squared_distances(y=x, x=y)
    return there / factor**2, back / factor**2, x, y


def crowd(kind, count, width, seed):
    """Points around a level and, where they have no spread, its negative; every third one twice
    or nearly. Entries have a variance of spread^2 / width."""
    dtype, (level, spread) = kind
    width = width if spread else 64
    source, places = torch.Generator().manual_seed(seed), torch.arange(count)
    rows, noise = torch.randn(2, count, width, generator=source, dtype=torch.float64) / width**0.5
    rows = rows[places - (places % 3 == 2).long()]
    rows += torch.finfo(dtype).eps ** 0.5 / 8 * noise * (places % 2)[:, None]
    signs = 1.0 if spread else (-1.0) ** places[:, None]
    return (rows * spread + level * signs).to(dtype).requires_grad_(seed % 2 > 0)


def true_distances(value, x):
    exact = (x.double()[:, None] - x.double()).square().sum(-1)
    allowed = LOSS[x.dtype] * 2 * x.double().square().sum(-1).max()
    outs, graphs, after = value
    if not torch.equal(after, x):
        return "It modified its argument."
    for found, attached, wanted in zip(outs, graphs, [exact, exact, exact[:, 1:]], strict=True):
        if (found.dtype, found.shape) != (x.dtype, wanted.shape):
            return f"The result should be {x.dtype} of shape (N, M)."
        if attached != x.requires_grad:
            return "The result should need a gradient if the points do, and only then."
        if not (found >= 0).all():
            return "A squared distance is negative or NaN."
        if not ((found - wanted).abs() <= allowed).all():
            return "A distance is too far off."


@check(
    x=st.builds(crowd, choice(sets), ints(3, 12), st.sampled_from([3, 5, 1, 16]), seeds),
    examples=24,
    expect=relation(true_distances),
)
def itself(impl, x):
    """Among one set of points, in any dtype, distances are near 0 where they should be, symmetric
    and never below 0."""
    outs = [impl.squared_distances(x, y) for y in (x, x.clone(), x[1:])]
    return outs, [out.requires_grad for out in outs], x


@check(
    pair=choice(["x, y", "x, x", "x, copy", "x, fixed", "fixed, y"]),
    **points(dtype=torch.float64, grad=True),
    examples=14,
    expect=near,
)
def gradient(impl, pair, x, y):
    """The gradients reach x and y and are right, also where points are equal."""
    copy = x.detach().clone().requires_grad_()
    x = x.detach() if pair == "fixed, y" else x
    y = {"x, x": x, "x, copy": copy, "x, fixed": y.detach()}.get(pair, y)
    out = impl.squared_distances(x, y)
    trained = [one for one in (x, y) if one.requires_grad]
    return out, gradients(out, trained) if out.requires_grad else []


def allowed(shape):
    """Bytes of so many float32 elements."""
    n, m, d = shape
    return 4 * 4 * (n * m + n * d + m * d)


@check(
    shape=choice([(64, 50, 2), (40, 30, 48), (200, 4, 8)]),
    examples=6,
    expect=work(live_bytes=allowed),
)
def lean(impl, shape):
    """No tensor of N * M * D elements is built, nor many of N * M."""
    n, m, d = shape
    return impl.squared_distances(*torch.linspace(-1, 2, (n + m) * d).reshape(-1, d).split([n, m]))


@timed(
    x=tensors(256, 64, regimes=("normal",), layouts=("contiguous",)),
    y=tensors(256, 64, regimes=("normal",), layouts=("contiguous",)),
    expect=close(loosen=20),
)
def points(impl, x, y):
    """The distances of 256 points to 256 others, of 64 numbers each."""
    return impl.squared_distances(x, y)
