from itertools import product

import torch
from hypothesis import strategies as st
from torch.nn import functional as F

from drill.grader.cases import Sizes, choice, tensors
from drill.grader.checks import check, gradients, refuses, timed
from drill.grader.expect import close, relation

s = Sizes("A B C")
wide, half = (torch.float32, torch.float64), (torch.float16, torch.bfloat16)


def made(kind, x):
    """Entries of x times a factor, at most 10^4 in size, in the shape and dtype of `kind`."""
    shape, factor, dtype, _ = kind
    x = (factor * x).clamp(-1e4, 1e4).to(dtype)
    if shape == "repeated":  # rows that are one memory
        return x[0, :1].expand(x.shape[1:])
    return {"rows": x[0], "row": x[0, 0], "scalar": x[0, 0, 0], "deep": x, "empty": x[:, :0]}[shape]


def inputs(shapes, factors, dtypes):
    """Draws of x and form, every shape with each dtype and form, and of how the form is given."""
    kinds = [
        (shape, factors[(place + turn) % len(factors)], dtype, form)
        for place, shape in enumerate(shapes)
        for turn, (dtype, form) in enumerate(product(dtypes, ["none", "tanh"]))
    ]
    kind = st.shared(choice(kinds), key=str(kinds))
    return {
        "x": st.builds(made, kind, tensors(s.A, s.B, s.C, dtype=torch.float64)),
        "form": kind.map(lambda kind: kind[-1]),
        "way": st.sampled_from(["by place", "by name", "default"]),
    }


def wrong(what, got, wanted, x, size):
    """A sentence on the entry that is furthest off, or None; so many eps times size are allowed."""
    if got is None or (got.dtype, got.shape) != (x.dtype, x.shape):
        return f"{what} has another dtype or shape than x."
    excess = (got.double() - wanted).abs() - torch.finfo(x.dtype).eps * size
    excess = excess.nan_to_num(torch.inf).flatten()
    if x.numel() == 0 or excess.max() <= 0:
        return None
    place = excess.argmax()
    return f"{what} at x = {x.flatten()[place]:.6g} should be {wanted.flatten()[place]:.6g}."


def precise(value, x, form, way):
    """What is wrong with gelu(x), gelu(-x) and the gradient in a half type."""
    outs, slopes = value
    leaf = x.double().requires_grad_()
    exact = [F.gelu(sign * leaf, approximate=form) for sign in (1, -1)]
    size = 2 * (x.double().abs() + 1e-3)
    return (
        wrong("gelu", outs[0], exact[0].detach(), x, size)
        or wrong("gelu", outs[1], exact[1].detach(), -x, size)
        or wrong("The gradient", slopes[0], *gradients(exact[0], [leaf]), x, 8)
    )


def twice(impl, x, form, way):
    """gelu of x and of -x; the form by place, by name, or left to the default."""
    if way == "default" and form == "none":
        return [impl.gelu(x), impl.gelu(x=-x)]
    if way == "by name":
        return [impl.gelu(x, approximate=form), impl.gelu(approximate=form, x=-x)]
    return [impl.gelu(x, form), impl.gelu(-x, form)]


def with_gradient(impl, x, form, way):
    """The same, and the gradient of gelu(x)."""
    leaf = x.detach().requires_grad_()
    out, other = twice(impl, leaf, form, way)
    return [out.detach(), other.detach()], gradients(out, [leaf])


# 8 eps times `terms` is the absolute part of the tolerance, in float32 a millionth.
@check(
    **inputs(["rows", "row", "scalar", "deep", "repeated", "empty"], [1, 2, 30, 3000], wide),
    examples=48,
    expect=close(loosen=0.1, terms=1.1),
)
def matches(impl, x, form, way):
    """Each form agrees with its formula in float32 and float64; the exact one is the default."""
    return twice(impl, x, form, way)


@check(
    **inputs(["rows", "scalar", "repeated"], [1, 2, 3000], wide),
    examples=24,
    expect=close(terms=11),
)
def gradient(impl, x, form, way):
    """The gradient of both forms reaches x and is right."""
    return with_gradient(impl, x, form, way)


@check(
    **inputs(["rows", "scalar", "deep"], [1, 2], half),
    examples=24,
    after=("gradient",),
    expect=relation(precise),
)
def half_types(impl, x, form, way):
    """float16 and bfloat16 are kept; values and gradients are accurate to their precision."""
    return with_gradient(impl, x, form, way)


bad = choice(["erf", "", "Tanh", "tan", "NONE", "none ", "tanhh", "exact"])


@check(bad=bad, x=tensors(s.A, s.B), by_name=st.booleans(), examples=8, after=())
def refuses_others(impl, bad, x, by_name):
    """Any other `approximate` raises ValueError."""
    placed, named = ((), {"approximate": bad}) if by_name else ((bad,), {})
    some = x, x[:0], x[0, 0].half()
    return [refuses((ValueError,), impl.gelu, one, *placed, **named) for one in some]


@timed(x=tensors(128, 1024, regimes=("normal",), layouts=("contiguous",)), expect=close(loosen=20))
def activations(impl, x):
    """The exact GELU of 128 rows of 1,024 numbers."""
    return impl.gelu(x)
