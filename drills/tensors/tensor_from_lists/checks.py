import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, seeds
from drill.grader.checks import attempt, check
from drill.grader.expect import close, exact

s = Sizes("R C")
near = close(axes=(), loosen=0.1, graph=False)  # 1e-6 of every entry
FLOATS = ["whole", (-1, 1), (-14.5, 14.5), (-14.5, -9), (9, 14.5)]  # or powers of ten
INTS = [5, 10**9, 10**6]
LENGTHS = ["21", "12", "01", "10", "323", "213", "132", "202", "0010", "445", "3332", "1235"]
any_place = choice([0, 1, -1])


def table(rows, cols, form, seed):
    """Nested lists of ints up to `form`, of whole floats, or of floats between two powers of 10."""
    source = torch.Generator().manual_seed(seed)
    signs = torch.randint(2, (rows, cols), generator=source) * 2 - 1
    if isinstance(form, tuple):
        low, high = form
        powers = torch.rand((rows, cols), generator=source, dtype=torch.float64)
        return (signs * 10 ** (low + (high - low) * powers)).tolist()
    most = 4 if form == "whole" else form
    numbers = torch.randint(-most, most + 1, (rows, cols), generator=source)
    numbers[seed % rows, seed % cols] = most * signs[0, 0]
    return (numbers.double() if form == "whole" else numbers).tolist()


def tables(forms):
    """Draws of `table`."""
    return st.builds(table, s.R, s.C, choice(forms), seeds)


def kinds(rows):
    """The types of the numbers: a list with 1 in place of 1.0 is equal, and modified."""
    return [[type(number).__name__ for number in row] for row in rows]


@check(rows=tables(FLOATS), examples=25, expect=near)
def matches(impl, rows):
    """Floats give float32: the square of each entry at its place, the tiny beside the huge, too."""
    result = impl.squared(rows)
    return {"result": result, "entry by entry": list(result.flatten())}  # each with its own scale


@check(rows=tables(INTS), examples=15, expect=exact(graph=False))
def integers(impl, rows):
    """Where all numbers are ints the result is int64 and exact, whatever was called before."""
    floats = [[float(number) for number in row] for row in rows]
    with torch.inference_mode():  # writes to any tensor
        dtypes = [impl.squared(each).zero_().dtype for each in (floats, rows, floats)]
    return {"result": impl.squared(rows=rows), "dtypes before": dtypes}


def with_float(row, col, number, rows):
    """The rows with one of their ints replaced by a float."""
    rows[row % len(rows)][col % len(rows[0])] = number
    return rows


one_float = st.sampled_from([2.5, -3.0, 0.75, 1e-12, -2e14])


@check(
    rows=st.builds(with_float, any_place, any_place, one_float, tables(INTS)),
    examples=18,
    expect=near,
)
def mixed(impl, rows):
    """A single float among ints makes the whole result float32, and leaves the lists alone."""
    return {"result": impl.squared(rows), "types in rows": kinds(rows)}


@check(rows=choice([[], [[]], [[], []], [[]] * 5]), examples=4, expect=exact(), after=())
def empty(impl, rows):
    """[] gives the shape (0,), and R empty rows give (R, 0)."""
    result = impl.squared(rows)
    return tuple(result.shape), isinstance(result, torch.Tensor)


def uneven(lengths, seed, form):
    """Rows of these lengths."""
    return [
        table(1, int(n), form, seed + at)[0] if n != "0" else [] for at, n in enumerate(lengths)
    ]


@check(
    rows=st.builds(uneven, choice(LENGTHS), seeds, st.sampled_from([5, (-1, 1)])),
    examples=24,
    expect=exact(),
    after=(),
)
def ragged(impl, rows):
    """Rows of different lengths raise ValueError, an empty one among others included."""
    return attempt(impl.squared, rows), kinds(rows)
