import torch
from hypothesis import strategies as st
from torch import bfloat16, float16, float32, float64, inf, int8, int16, int32, int64, nan, uint8

from drill.grader.cases import LAYOUTS, choice, lay_out, seeds
from drill.grader.checks import check
from drill.grader.expect import exact

DTYPES = (float32, int64, float64, int32, float16, uint8, bfloat16, int8, int16, torch.bool)
SHAPES = ((3,), (0,), (2, 4), (), (5, 1, 2))
# A dtype, entries of it, and the dtypes to cast to.
# fmt: off
SMALL_LOSSES = (
    (float32, [1 + 2**-20], [int64, float16]), (float64, [3 + 1e-12], [int64, float32]),
    (float32, [0.1], [float16, float64]), (float16, [0.1], [bfloat16, float32]),
    (float64, [1e-300], [float32, torch.bool]), (float32, [1e-30], [float16, bfloat16, torch.bool]),
    (float64, [2.0**-149], [float32, float16]), (int64, [257], [bfloat16, float16]),
    (int16, [2049], [float16, bfloat16, float32]),
)
BIG_INTEGERS = (
    (int64, [2**53 + 1], [float64, float32, bfloat16]), (int64, [2**53 + 2], [float64, float32]),
    (int32, [2**24 + 1], [float32, bfloat16, float64]), (int64, [-(2**62)], [float32, float64]),
    (int64, [2**63 - 1], [float64, float32, bfloat16]), (float64, [2.0**52 + 0.5], [int64]),
    (int32, [2**31 - 1], [float64, float32]), (float64, [2.0**62, -(2.0**63)], [int64, bfloat16]),
)
MISFITS = (
    (int8, [-1], [uint8, torch.bool]), (uint8, [200], [int8, int16]), (int16, [255], [int8, uint8]),
    (int32, [-(2**31)], [float16, int16]), (int64, [2**32 + 1], [int32, uint8]),
    (int64, [2**63 - 1], [float16, int32]), (float32, [1e5], [float16, int16, int32]),
    (float64, [300.0], [int8, uint8, int16]), (float32, [-1.0], [uint8, torch.bool]),
    (float32, [2.0**31], [int32, int64]), (float64, [2.0**63], [int64, float32]),
    (float64, [1.7976931348623157e308], [float32, bfloat16, int64]),
)
NONFINITE = (
    (float32, [nan], [int64, float32, torch.bool]), (float64, [nan], [float16, int32]),
    (float32, [inf], [uint8, torch.bool, float64]), (float16, [-inf], [float64, int64]),
    (bfloat16, [nan], [torch.bool, float32]), (float64, [inf, 1e300], [float32, bfloat16]),
    (float64, [nan, 0.1], [float32, float16]),
)
# fmt: on
layouts = st.sampled_from(LAYOUTS)
source = st.shared(choice(DTYPES), key="source")
several = [[*DTYPES], [one for one in DTYPES if one != uint8]]
targets = st.shared(st.sampled_from([[one] for one in DTYPES] + 20 * several), key="targets")
grids = st.sampled_from([(9, 4), (9, 1), (1, 1)])


def numbers(shape, source, targets, grid, layout, seed):
    """Multiples of 1 / step, which fit into all of the dtypes."""
    most, step = grid
    drawn = torch.randint(-most, most + 1, shape, generator=torch.Generator().manual_seed(seed))
    drawn = drawn.abs() if uint8 in (source, *targets) else drawn
    return lay_out((drawn / step).to(source), layout)


@check(
    x=st.builds(numbers, st.sampled_from(SHAPES), source, targets, grids, layouts, seeds),
    dtypes=targets,
    named=st.booleans(),
    examples=30,
    expect=exact(),
)
def casts(impl, x, dtypes, named):
    """Casts as torch does, between any two dtypes, and says if every number is still the same."""
    return [impl.cast(dtype=one, x=x) if named else impl.cast(x, one) for one in dtypes]


def holding(row, shape, layout, seed):
    """Zeros and ones, and in random places the entries in question."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randint(2, shape, generator=random).to(row[0])
    places = torch.randperm(x.numel(), generator=random)[: len(row[1])]
    x.view(-1)[places] = torch.tensor(row[1], dtype=x.dtype)
    return lay_out(x, layout)


def one_of(rows):
    """Draws for x and dtypes: the entries of a row among others that any dtype holds."""
    row = st.shared(choice(rows), key=str(rows))
    x = st.builds(holding, row, st.sampled_from([(2,), (3,), (2, 3)]), layouts, seeds)
    return {"x": x, "dtypes": row.map(lambda row: row[2])}


def shown(impl, x, dtypes):
    """The flags, and of the tensors what is defined on every machine."""
    results = [impl.cast(x, dtype) for dtype in dtypes]
    return [(y if y.dtype.is_floating_point else (y.dtype, y.dim()), same) for y, same in results]


@check(**one_of(SMALL_LOSSES), expect=exact())
def small_losses(impl, x, dtypes):
    """Notices the smallest change of a single entry, and no change where there is none."""
    return shown(impl, x, dtypes)


@check(**one_of(BIG_INTEGERS), expect=exact(), after=("small_losses",))
def big_integers(impl, x, dtypes):
    """Knows which large integers a floating dtype holds, in both directions."""
    return shown(impl, x, dtypes)


@check(**one_of(MISFITS), expect=exact(), after=("small_losses",))
def misfits(impl, x, dtypes):
    """A number that does not fit is lost, also where the way back would restore it."""
    return shown(impl, x, dtypes)


@check(**one_of(NONFINITE), expect=exact(), after=("misfits",))
def nonfinite(impl, x, dtypes):
    """NaN and infinities survive between floating dtypes, and never as integer or bool."""
    return shown(impl, x, dtypes)
