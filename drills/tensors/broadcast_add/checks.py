import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, seeds, tensors
from drill.grader.checks import check, gradients, refuses
from drill.grader.expect import close, work

s = Sizes("N M")
kinds = [torch.int64, torch.float16, torch.bfloat16, torch.float64]
any_dtype = st.shared(choice(kinds), key="dtype")


def shaped(flat, row):
    """The row (1, M) as it is, or as (M,)."""
    return row[0] if flat else row


def scaled(x):
    """x, or, if it is int64, numbers of that kind which float64 can't hold."""
    return x * (2**55 + 1) if x.dtype == torch.int64 else x


def pairs(dtype, *regimes):
    """Draws for a matrix and a row (M,) or (1, M)."""
    of = {"dtype": dtype, "regimes": regimes}
    row = st.builds(shaped, choice([True, False]), tensors(1, s.M, **of))
    return {"matrix": tensors(s.N, s.M, **of).map(scaled), "row": row}


def calls(impl, matrix, row):
    """Results for the arguments as drawn, for other lines and the row's other shape, for a row of
    zeros, for one line and for one column."""
    other = row[None] if row.dim() == 1 else row[0]
    found = [impl.add_row(matrix, row), impl.add_row(row=other, matrix=matrix.flip(0))]
    found += [impl.add_row(matrix, torch.zeros_like(row)), impl.add_row(matrix[:1], row)]
    return [*found, impl.add_row(matrix[:, :1], row[..., :1])]


@check(**pairs(torch.float32, "small", "normal"), examples=16, expect=close(aliasing=True))
def matches(impl, matrix, row):
    """Adds the row, (M,) or (1, M), to every line, also where N equals M or one of them is 1."""
    return calls(impl, matrix, row)


@check(**pairs(any_dtype, "normal"), examples=14, expect=close(loosen=0.2))  # about two roundings
def dtypes(impl, matrix, row):
    """Keeps int64 and all floats, to the precision of the dtype; takes expanded arguments too."""
    one_line, one_column = matrix[-1:].expand_as(matrix), matrix[:, :1].expand_as(matrix)
    found = [impl.add_row(one_line, row[..., :1].expand_as(row)), impl.add_row(one_column, row)]
    return calls(impl, matrix, row), found


def misfit(kind, flat, n, m, seed):
    """A row whose width is not m, of integers."""
    sizes = {"1": 1, "one more": m + 1, "one less": max(m - 1, 1), "N": n, "twice": 2 * m}
    width = sizes[kind] if sizes[kind] != m else m + 2
    row = torch.randint(-3, 4, (1, width), generator=torch.Generator().manual_seed(seed))
    return shaped(flat, row)


def refused(impl, matrix, row):
    """The error, or what was returned instead."""
    told = refuses((ValueError, RuntimeError), impl.add_row, matrix, row)
    return impl.add_row(matrix, row) if isinstance(told, str) else told


widths = choice(["1", "one more", "one less", "N", "twice"])
odd_row = st.builds(misfit, widths, st.booleans(), s.N, s.M, seeds)


@check(row=odd_row, matrix=tensors(s.N, s.M, regimes=["small"]), examples=12)
def refuses_widths(impl, matrix, row):
    """A row of another width raises ValueError or RuntimeError, whichever of the two is wider."""
    found = []
    for dtype in (torch.float32, *kinds):
        wide, odd = matrix.to(dtype), row.to(dtype)
        found += [refused(impl, wide, odd), refused(impl, odd.reshape(1, -1).repeat(2, 1), wide[0])]
    return found


any_float = st.shared(choice(kinds[1:]), key="float")


@check(**pairs(any_float, "normal"), examples=14, expect=close(terms=4.0))
def gradient(impl, matrix, row):
    """The gradients reach those of matrix and row that require one, and are right."""
    found = []
    for wants, factor in (((True, True), 1), ((True, False), 1), ((False, True), 0)):
        pair = zip((matrix, factor * row), wants, strict=True)
        given = [one.detach().requires_grad_(wish) for one, wish in pair]
        out = impl.add_row(*given)
        wanted = [one for one in given if one.requires_grad]
        found.append((out, out.requires_grad and gradients(out, wanted)))
    return found


@check(lines=choice([3, 6000]), seed=seeds, examples=6, expect=work(ops=8))
def lean(impl, lines, seed):
    """Takes a fixed number of operations, however many lines and columns there are."""
    matrix = (torch.arange(18000) % (7 + seed % 5)).float().reshape(lines, -1)
    return impl.add_row(matrix, matrix[0].roll(seed))
