import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, ints, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close, exact, relation

s = Sizes("A B C D")
wide = Sizes("E F", high=24)
half = st.shared(st.sampled_from([torch.float16, torch.bfloat16]), key="half")
parameter_dtype = st.one_of(st.just(torch.float32), half)


def lowered(axes, x):
    """x with so many leading axes less."""
    return x[(0,) * axes]


def any_rank(**options):
    """Draws for (..., D) with none to three leading axes."""
    return st.builds(lowered, choice([2, 1, 3, 0]), tensors(s.A, s.B, s.C, s.D, **options))


def layer_of(impl, weights, *eps, **named):
    """A layer of the learner's; the rows of weights are gamma and beta."""
    layer = impl.LayerNorm(weights.shape[1], *eps, **named).to(weights.dtype)
    with torch.no_grad():
        layer.gamma.copy_(weights[0])
        layer.beta.copy_(weights[1])
    return layer


def calls(layer, x):
    """Its results for x; in evaluation, without a graph, for -x; and with doubled parameters."""
    outs = [layer(x)]
    layer.eval()
    with torch.no_grad():
        outs.append(layer(x=-x.flip(0)))
        layer.gamma.mul_(2)
        layer.beta.mul_(2)
        return [*outs, layer(x)]


@check(
    x=any_rank(regimes=("small", "tiny", "normal")),
    weights=tensors(2, s.D),
    eps=st.sampled_from([{}, {"eps": 1e-6}, {"eps": 0.01}, {"eps": 1e-4}]),
    examples=30,
    expect=close(terms=2000),  # a constant row's rounding is divided by sqrt(eps)
)
def matches(impl, x, weights, eps):
    """Agrees with the definition for any number of leading axes, in training and evaluation."""
    return calls(layer_of(impl, weights, **eps), x)


@check(dim=ints(1, 9), examples=2, expect=exact())
def parameters(impl, dim):
    """gamma (ones) and beta (zeros) are its trainable parameters, of shape (dim,) each."""
    return dict(impl.LayerNorm(dim=dim).named_parameters())


# In float32 a mean of 10,000 has a rounding error of 5e-4, whoever computes it.
@check(
    x=tensors(s.A, s.D, regimes=("spaced",)),
    level=st.sampled_from([1_000, -4_000, 10_000]),
    weights=tensors(2, s.D),
    examples=12,
    expect=close(loosen=200),
)
def offset(impl, x, level, weights):
    """Stays accurate where rows are far from 0 and from each other, their entries close."""
    level = level * x.new_tensor([1, -0.5, 0.25])[torch.arange(len(x)) % 3]
    return calls(layer_of(impl, weights, 1e-6), 8 * x + level[:, None])


def rounded_once(value, x, weights, form):
    """What is wrong with half-precision results: a bit more than twice one rounding is allowed."""
    outs, after = value
    factor, shift, eps = form
    x = factor * x + shift
    for out, rows, times in zip(outs, (x, -x.flip(0), x), (1, 1, 2), strict=True):
        if (out.dtype, out.shape) != (x.dtype, x.shape):
            return f"The result is {out.dtype} of shape {tuple(out.shape)}."
        gamma, beta = times * weights.double()
        centred = rows.double() - rows.double().mean(-1, keepdim=True)
        scaled = gamma * centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt()
        error = (out.double() - (scaled + beta)).abs().amax(-1)
        allowed = torch.finfo(x.dtype).eps * (scaled.abs() + beta.abs()).amax(-1)
        if not (error <= 2 * allowed + 1e-9).all():
            row = (error - allowed).nan_to_num(torch.inf).argmax()
            size = (
                "off by over twice its rounding" if error[row] <= 20 * allowed[row] else "far off"
            )
            wanted = [round(entry, 3) for entry in (scaled + beta)[row].tolist()]
            return f"Row {row} of the result is {size}; it should be {wanted}."
    return None if torch.equal(after, x) else "It modified x."


@check(
    form=choice([(1, 0, 1e-5), (30, 400, 1e-5), (10_000, 0, 1e-5), (0, 0, 1e-8)]),
    x=tensors(wide.E, wide.F, dtype=half, regimes=("normal",)),
    weights=tensors(2, wide.F, dtype=parameter_dtype),
    examples=18,
    expect=relation(rounded_once),
)
def half_types(impl, x, weights, form):
    """float16 and bfloat16 are kept and come out as accurate as float32 inside can make them."""
    factor, shift, eps = form
    x = factor * x + shift
    return calls(layer_of(impl, weights, eps=eps), x), x


@check(
    x=any_rank(dtype=torch.float64, regimes=("small", "normal", "constant")),
    weights=tensors(2, s.D, dtype=torch.float64),
    train=st.booleans(),
    examples=18,
    expect=close(terms=3000),  # the gradient of a constant row is as large as 1 / sqrt(eps)
)
def gradient(impl, x, weights, train):
    """The gradients reach x, gamma and beta and are right, also where a row is constant."""
    layer, x = layer_of(impl, weights).train(train), x.detach().requires_grad_()
    out = layer(x)
    return out, gradients(out, [x, layer.gamma, layer.beta])


@timed(x=tensors(128, 1024, regimes=("normal",), layouts=("contiguous",)), expect=close(loosen=4))
def rows(impl, x):
    """128 rows of 1,024 numbers through a new layer."""
    return impl.LayerNorm(1024)(x).detach()
