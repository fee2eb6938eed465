import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, ints, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, exact, relation

s = Sizes("A B C D")
wide = Sizes("E F", high=24)
half = st.shared(st.sampled_from([torch.float16, torch.bfloat16]), key="half")
parameter_dtype = st.shared(st.one_of(st.just(torch.float32), half), key="parameters")
any_rank = st.shared(ints(1, 4), key="rank")


def weights(size, dtype):
    """Draws for gamma and beta."""
    return {"gamma": tensors(size, dtype=dtype), "beta": tensors(size, dtype=dtype)}


def layer_of(impl, gamma, beta, *eps, **named):
    """A layer of the learner's with these parameters."""
    layer = impl.LayerNorm(len(gamma), *eps, **named).to(gamma.dtype)
    with torch.no_grad():
        layer.gamma.copy_(gamma)
        layer.beta.copy_(beta)
    return layer


@check(
    x=any_rank.flatmap(lambda rank: tensors(*(s.A, s.B, s.C)[4 - rank :], s.D, regimes=("small",))),
    **weights(s.D, torch.float32),
    examples=30,
    expect=close(terms=2000),  # a constant row's rounding is divided by sqrt(eps)
)
def matches(impl, x, gamma, beta):
    """Agrees with the definition for any number of leading axes, in training and evaluation."""
    layer = layer_of(impl, gamma, beta)
    return layer(x), layer(2 - x), layer.eval()(torch.stack([1.5 * x, -x]))


@check(dim=ints(1, 9), examples=4, expect=exact())
def parameters(impl, dim):
    """gamma (ones) and beta (zeros) are its trainable parameters, of shape (dim,) each."""
    return dict(impl.LayerNorm(dim).named_parameters())


@check(
    x=tensors(s.A, s.D, regimes=("tiny", "normal")),
    eps=st.sampled_from([{}, {"eps": 1e-7}, {"eps": 0.01}, {"eps": 1e-4}]),
    **weights(s.D, torch.float32),
    examples=20,
    expect=close(terms=100),
)
def epsilon(impl, x, eps, gamma, beta):
    """eps is added to the variance, inside the root; it is 1e-5 by default."""
    return layer_of(impl, gamma, beta, **eps)(x)


# In float32 a mean of 10,000 has a rounding error of 5e-4, whoever computes it.
@check(
    x=tensors(s.A, s.D, regimes=("spaced",)),
    level=st.sampled_from([1_000, -4_000, 10_000]),
    **weights(s.D, torch.float32),
    examples=15,
    expect=close(loosen=200),
)
def offset(impl, x, level, gamma, beta):
    """Stays accurate where the entries of a row are far from 0 and close to each other."""
    return layer_of(impl, gamma, beta, 1e-6)(8 * x + level)


@check(
    x=tensors(
        s.A, s.B, s.D, dtype=torch.float64, regimes=("small", "normal", "constant"), grad=True
    ),
    **weights(s.D, torch.float64),
    examples=25,
    expect=close(terms=3000),  # the gradient of a constant row is as large as 1 / sqrt(eps)
)
def gradient(impl, x, gamma, beta):
    """The gradients reach x, gamma and beta and are right, also where a row is constant."""
    layer = layer_of(impl, gamma, beta)
    out = layer(x)
    return out, gradients(out, [x, layer.gamma, layer.beta])


def rounded_once(out, x, form, gamma, beta):
    """What is wrong with a half-precision result: a bit more than twice one rounding is allowed."""
    if (out.dtype, out.shape) != (x.dtype, x.shape):
        return f"The result is {out.dtype} of shape {tuple(out.shape)}."
    wide, beta = (form[0] * x + form[1]).double(), beta.double()
    centred = wide - wide.mean(-1, keepdim=True)
    scaled = gamma.double() * centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    error = (out.double() - (scaled + beta)).abs().amax(-1).flatten()
    allowed = torch.finfo(x.dtype).eps * (scaled.abs() + beta.abs()).amax(-1).flatten()
    if (error <= 2 * allowed + 1e-9).all():
        return None
    row = (error - allowed).nan_to_num(torch.inf).argmax()
    size = "off by over twice its rounding" if error[row] <= 20 * allowed[row] else "far off"
    wanted = [round(entry, 3) for entry in (scaled + beta).flatten(0, -2)[row].tolist()]
    return f"Row {row} of the result is {size}; it should be {wanted}."


@check(
    x=tensors(wide.E, wide.F, dtype=half, regimes=("normal",)),
    form=st.sampled_from([(1, 0), (30, 400), (10_000, 0)]),
    **weights(wide.F, parameter_dtype),
    examples=25,
    expect=relation(rounded_once),
)
def half_types(impl, x, form, gamma, beta):
    """float16 and bfloat16 are kept and come out as accurate as float32 inside can make them."""
    return layer_of(impl, gamma, beta)(form[0] * x + form[1])
