import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, Sizes, choice, lay_out, seeds, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import exact

s = Sizes("A B C")
kinds = [torch.complex64, torch.int64, torch.float64, torch.bfloat16, torch.bool, torch.uint8]
kinds += [torch.float8_e5m2]
floats = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


def lowered(axes, turned, x):
    """x with so many leading axes less; if `turned`, in an order that no view can merge."""
    return (x.transpose(0, 2) if turned else x)[(0,) * axes]


def batched(fewer):
    """Draws for (..., 4, 4) with up to three leading axes."""
    return st.builds(lowered, choice(fewer), st.booleans(), tensors(s.A, s.B, s.C, 4, 4))


@check(x=tensors(4, 4), y=tensors(4, 4), examples=12, expect=exact())
def matches(impl, x, y):
    """Gives rows and columns 1 and 2 of a 4 by 4 tensor, in any memory layout."""
    return impl.center(x), impl.center(x=y)


@check(x=batched([2, 1, 0]), examples=14, expect=exact())
def leading_axes(impl, x):
    """Keeps the leading axes, up to five, and cuts the block out of the last two."""
    return impl.center(x), impl.center(x[:1]), impl.center(x[None, :, None])


def written(impl, x, y):
    """The result after y was written into x; and x after that was written into the result."""
    out = impl.center(x)
    with torch.no_grad():
        x.copy_(y)
        seen = out.clone()
        out.zero_()
        return {"block": seen, "x": x.clone()}


@check(x=batched([3, 2, 1]), y=tensors(4, 4), examples=20, expect=exact(), after=("leading_axes",))
def view(impl, x, y):
    """Shares its memory with x: what is written into one shows in the other."""
    return written(impl, x, y)


def made(dtype, layout, seed):
    """Two tensors (2, 4, 4); the int64 ones hold numbers that no float can."""
    wide = torch.randint(
        -(2**60), 2**60, (2, 2, 4, 4), generator=torch.Generator().manual_seed(seed)
    )
    if dtype == torch.int64:
        return tuple(lay_out(wide, layout))
    values = (wide % 2 if dtype == torch.bool else wide % 97 / 7).to(dtype)
    values = values * (1 - 2j) if dtype.is_complex else values
    return tuple(lay_out(values, layout))


@check(
    xy=st.builds(made, choice(kinds), st.sampled_from(LAYOUTS), seeds),
    examples=16,
    expect=exact(),
    after=("view",),
)
def dtypes(impl, xy):
    """Is a view of the same dtype for integers, bool, complex (conjugated too) and floats."""
    x, y = xy
    found = [impl.center(x).clone(), written(impl, x, y)]
    if y.is_complex():
        found += [written(impl, y.conj(), 2 * y), written(impl, y.conj().imag, y.real + 1)]
    return found


@check(x=batched([3, 2, 1]), y=tensors(4, 4), examples=8, expect=exact(), after=("dtypes",))
def gradient(impl, x, y):
    """The gradient flows back to the block's entries of x; it is a view of such an x, too."""
    found = []
    for dtype in floats:
        given = x.detach().to(dtype, copy=True).requires_grad_()
        out = impl.center(given)
        arrived = out.requires_grad and gradients(out, [given])
        found.append((out.clone(), arrived, written(impl, given * 2, y)))
    return found
