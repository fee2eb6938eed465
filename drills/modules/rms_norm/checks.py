import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, ints, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, exact, relation

s = Sizes("A B C D")
wide = Sizes("E F", high=24)
half = st.shared(st.sampled_from([torch.float16, torch.bfloat16]), key="half")
full = st.shared(st.sampled_from([torch.float32, torch.float64]), key="full")
some_eps = st.sampled_from([{}, {"eps": 1e-5}, {"eps": 0.01}, {"eps": 3e-8}])


def lowered(axes, factor, x):
    """x times factor, with so many leading axes less; its first row is 0."""
    x = factor * x
    x[0, 0, 0] = 0
    return x[(0,) * axes] if axes < 3 else x[0, 0, -1]


def any_rank(**options):
    """Draws for (..., D) with none to three leading axes, tiny and huge."""
    drawn = tensors(s.A, s.B, s.C, s.D, **options)
    return st.builds(lowered, choice([2, 1, 3, 0]), st.sampled_from([1, 1e-4, 1e5]), drawn)


def layer_of(impl, weight, *eps, **named):
    """A layer of the learner's with this weight."""
    layer = impl.RMSNorm(len(weight), *eps, **named).to(weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer


def calls(layer, x):
    """Its results for x; in evaluation, without a graph, for -x; and with a doubled weight."""
    outs = [layer(x)]
    layer.eval()
    with torch.no_grad():
        outs.append(layer(x=-x.flip(0)))
        layer.weight.mul_(2)
        return [*outs, layer(x)]


@check(x=any_rank(dtype=full), weight=tensors(s.D, dtype=full), eps=some_eps, examples=40)
def matches(impl, x, weight, eps):
    """Agrees with the definition for any number of leading axes, in training and evaluation."""
    return calls(layer_of(impl, weight, **eps), x)


@check(dim=ints(1, 9), examples=2, expect=exact())
def parameters(impl, dim):
    """weight, all ones and of shape (dim,), is its only trainable parameter."""
    return dict(impl.RMSNorm(dim=dim).named_parameters())


def scaled(x, factor):
    """x times factor, within float16."""
    return (factor * x).clamp(-6e4, 6e4)


def rounded(value, x, weight, form):
    """What is wrong with half-precision results."""
    (outs, after), (factor, eps) = value, form
    x = scaled(x, factor)
    for out, rows, times in zip(outs, (x, -x.flip(0), x), (1, 1, 2), strict=True):
        if (out.dtype, out.shape) != (x.dtype, x.shape):
            return f"The result is {out.dtype} of shape {tuple(out.shape)}."
        wanted = rows.double()
        wanted = wanted / (wanted.square().mean(-1, keepdim=True) + eps).sqrt()
        wanted = times * weight.double() * wanted
        allowed = 2 * torch.finfo(x.dtype).eps * wanted.abs() + 2e-7
        excess = ((out.double() - wanted).abs() - allowed).nan_to_num(torch.inf).amax(-1)
        if (excess > 0).any():
            entries = [round(entry, 3) for entry in wanted[excess.argmax()].tolist()]
            return f"Row {excess.argmax()} of a result should be {entries}."
    return None if torch.equal(after, x) else "It modified x."


@check(
    form=choice([(1, 1e-6), (300, 1e-5), (12_000, 0.01), (0, 1e-8), (1e-3, 1e-6)]),
    x=tensors(wide.E, wide.F, dtype=half, regimes=("normal",)),
    weight=tensors(wide.F, dtype=st.one_of(st.just(torch.float32), half)),
    examples=20,
    expect=relation(rounded),
)
def half_types(impl, form, x, weight):
    """float16 and bfloat16 are kept and come out as accurate as float32 inside can make them."""
    factor, eps = form
    x = scaled(x, factor)
    return calls(layer_of(impl, weight, eps), x), x


@check(
    x=any_rank(dtype=torch.float64),
    weight=tensors(s.D, dtype=torch.float64),
    train=st.booleans(),
    examples=18,
    expect=close(terms=1e4),  # the gradient of a zero row is as large as 1 / sqrt(eps)
)
def gradient(impl, x, weight, train):
    """The gradients reach x and weight, of two calls that wait each its own, also where a row is
    0; the arriving one is left as it is."""
    layer, x = layer_of(impl, weight).train(train), x.detach().requires_grad_()
    shift = torch.zeros_like(x, requires_grad=True)
    out = layer(x)  # its gradient is that of shift, too
    return out, gradients([out + shift, layer(3 - x.flip(-1))], [x, layer.weight, shift])


@timed(x=tensors(128, 1024, regimes=("normal",), layouts=("contiguous",)), expect=close(loosen=4))
def rows(impl, x):
    """128 rows of 1,024 numbers through a new layer."""
    return impl.RMSNorm(1024)(x).detach()
