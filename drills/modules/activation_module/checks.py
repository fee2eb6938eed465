import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, Sizes, choice, tensors
from drill.grader.checks import check, gradients, refuses
from drill.grader.expect import close

KINDS = ("relu", "gelu", "swish")
s = Sizes("A B C", high=6)
both = st.shared(choice([(kind, dtype) for dtype in FLOATS for kind in KINDS]), key="both")
kinds = both.map(lambda pair: pair[0])
dtypes = both.map(lambda pair: pair[1])
shapes = st.sampled_from(["(A, B)", "(A, B, C)", "()", "(B, C)", "(0, C)", "(1, C)"])
# Element by element. In its left tail GELU is a small difference, good to an absolute error.
numbers = close(axes=(), terms=2.0)


def shaped(shape, x):
    """x, (A, B, C), with fewer axes or entries."""
    cut = {"(A, B)": (..., 0), "()": (0, 0, 0), "(B, C)": (0,), "(0, C)": (slice(0, 0), 0)}
    return x[(cut | {"(1, C)": (slice(0, 1), 0)}).get(shape, ())]


def any_shape(*regimes):
    """Tensors of the drawn dtype, from 0 to 3 axes."""
    return st.builds(shaped, shapes, tensors(s.A, s.B, s.C, dtype=dtypes, regimes=regimes))


def leaf(x):
    """x as something to differentiate by."""
    return x.detach().requires_grad_()


@check(kind=kinds, x=any_shape("normal", "small", "tiny"), examples=36, expect=numbers)
def matches(impl, kind, x):
    """Is relu, exact gelu or swish, element by element, in every dtype and for any shape."""
    layer, others = impl.Activation(kind), [impl.Activation(kind=other) for other in KINDS]
    found = [layer(x), layer.eval()(x=-x), nn.Sequential(layer, others[0]).train()(2 * x)]
    with torch.no_grad():  # where a change of x in place would raise nothing
        return [*found, *(other(x) for other in others)]


@check(kind=kinds, examples=3)
def parameters(impl, kind):
    """It has no parameters, neither before a call nor after."""
    layer = impl.Activation(kind)
    found = [name for name, _ in layer.named_parameters()]
    out = layer(torch.ones(2))
    return found, [name for name, _ in layer.named_parameters()], out


@check(
    kind=kinds,
    x=any_shape("normal", "small").map(lambda x: x.masked_fill(x == 0, 2)),
    examples=24,
    expect=numbers,
)
def gradient(impl, kind, x):
    """The gradient of x is right, also where one x is used in several calls."""
    x, layer = leaf(x), impl.Activation(kind)
    return gradients([layer(x), layer(-x)], [x]), gradients(layer(2 * x), [x])


@check(kind=kinds, x=any_shape("small"), examples=12, expect=numbers, after=("gradient",))
def at_zero(impl, kind, x):
    """At exactly 0 (or -0.0) relu's gradient is 0; just above it is 1, just below 0."""
    layer, least = impl.Activation(kind), torch.finfo(x.dtype).tiny
    leaves = [leaf(near) for near in (x, 0 * x, least * x.sign())]
    return [gradients(layer(one), [one]) for one in leaves]


def wide(x):
    """Entries from around 10 in size up to 10,000, next to each other."""
    factors = torch.tensor([1.0, 1e-3, 1e-2, 3e-3], dtype=x.dtype)
    return (x * factors[: x.shape[-1]].repeat(2)[: x.shape[-1]]).clamp(-1e4, 1e4)


@check(
    kind=kinds,
    x=tensors(s.A, s.B, dtype=dtypes, regimes=("large",)).map(wide),
    examples=24,
    expect=numbers,
    after=("gradient",),
)
def stable(impl, kind, x):
    """For entries up to 10,000 in size, result and gradient are finite and right."""
    x = leaf(x)
    out = impl.Activation(kind)(x)
    return out, gradients(out, [x])


words = choice(["tanh", "ReLU", "silu", "rel", "", "swish ", "GELU", "relu gelu", "leaky_relu"])


@check(kind=words, examples=9, after=())
def refusal(impl, kind):
    """Any other kind raises ValueError when the layer is made."""
    return refuses((ValueError,), impl.Activation, kind)
