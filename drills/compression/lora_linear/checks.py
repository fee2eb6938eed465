from itertools import product
from math import prod

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import Sizes, ints, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, relation, work

s = Sizes("N O I R M")
few = Sizes("O I R", high=4)
any_dtype = st.shared(st.sampled_from([torch.float32, torch.float64, torch.bfloat16]), key="dtype")
wide = st.shared(st.sampled_from([torch.float32, torch.float64]), key="wide")
alphas = st.sampled_from([3.0, 0.7, 16.0, 5])
sums = close(terms=1000)  # what the two terms add up may cancel


def drawn(sizes, *lead, dtype=torch.float32, grad=False, **options):
    """Draws for x, the base's weight and bias (or None), A and B, and alpha."""
    out, inside, rank = sizes.O, sizes.I, sizes.R
    options |= {"dtype": dtype}
    return {
        "x": tensors(*lead, inside, grad=grad, **options),
        "weight": tensors(out, inside, **options),
        "bias": st.one_of(tensors(out, **options), st.none()),
        "a": tensors(out, rank, **options),
        "b": tensors(rank, inside, **options),
        "alpha": alphas,
    }


def linear(weight, bias):
    """An nn.Linear that holds copies of these."""
    made = nn.Linear(*weight.T.shape, bias=bias is not None, dtype=weight.dtype)
    made.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
    return made


def adapted(impl, base, a, b, alpha, *dropout):
    """A LoRALinear of the learner's on `base`, with the factors a and b."""
    layer = impl.LoRALinear(base, a.shape[1], alpha, *dropout)
    with torch.no_grad():
        layer.A.copy_(a)
        layer.B.copy_(b)
    return layer


def misfit(value, x, weight, bias, rank, alpha):
    """What is wrong with a new layer."""
    a, b, out, before = value
    for name, factor, shape in (("A", a, (len(weight), rank)), ("B", b, (rank, x.shape[-1]))):
        if factor.shape != shape:
            return f"{name} has shape {tuple(factor.shape)}; it should have {shape}."
        if factor.dtype != weight.dtype:
            return f"{name} is {factor.dtype}; the base is {weight.dtype}."
    if a.any() == b.any():
        how = "Neither A nor B is zero" if a.any() else "Both A and B are zero"
        return f"{how}; exactly one of them should be."
    other = a if a.any() else b
    if torch.linalg.matrix_rank(other.double()) < min(other.shape):
        return "The factor that is not zero has dependent rows: they would learn the same."
    if (out.dtype, out.shape) != (before.dtype, before.shape):
        return f"The result is {out.dtype} of shape {tuple(out.shape)}."
    terms = (x.abs() @ weight.abs().T).max() + 10
    return (
        None
        if (out - before).abs().max() <= 8 * torch.finfo(x.dtype).eps * terms
        else ("The result of a new layer is not that of its base.")
    )


new = drawn(s, s.N, dtype=any_dtype)


@check(
    **{name: new[name] for name in ("x", "weight", "bias", "alpha")},
    rank=ints(1, 3),
    examples=15,
    expect=relation(misfit),
)
def starts(impl, x, weight, bias, rank, alpha):
    """A new layer does what its base does: one factor is zero, the other random."""
    base = linear(weight, bias)
    layer = impl.LoRALinear(base=base, rank=rank, alpha=alpha, dropout=0.3)
    return layer.A, layer.B, layer(x), base(x)


leads = [(), (s.N,), (s.M, s.N), (s.M, 2, s.N)]
any_rank = st.one_of(*(tensors(*lead, s.I, dtype=wide) for lead in leads))


@check(
    **drawn(s, dtype=wide) | {"x": any_rank},
    examples=25,
    expect=sums,
)
def matches(impl, x, weight, bias, a, b, alpha):
    """Computes x (W + (alpha / rank) A B)^T + b for any number of leading axes, in both modes."""
    layer = adapted(impl, linear(weight, bias), a, b, alpha)
    return layer(x), layer(1 - x), layer.eval()(torch.stack([x, -x]))


@check(**drawn(s, s.N, dtype=wide, grad=True), examples=15, expect=sums)
def gradient(impl, x, weight, bias, a, b, alpha):
    """The gradients reach x, through both terms, and A and B, and are right."""
    layer = adapted(impl, linear(weight, bias), a, b, alpha)
    out = layer(x)
    return out, gradients(out, [x, layer.A, layer.B])


@check(**drawn(s, s.N), examples=15, expect=close(terms=1000, graph=False))
def trains(impl, x, weight, bias, a, b, alpha):
    """self.base is the given layer, frozen: steps of descent move A and B and nothing else."""
    base = linear(weight, bias)
    layer = adapted(impl, base, a, b, alpha)
    for _ in range(3):
        layer.zero_grad()
        (layer(x) * x.mean(-1, keepdim=True)).sum().backward()
        with torch.no_grad():
            for weights in layer.parameters():
                weights -= 0 if weights.grad is None else 0.003 * weights.grad
    layer.eval()(x)
    same = {"base is the given layer": layer.base is base}
    flags = {name: weights.requires_grad for name, weights in base.named_parameters()}
    return same, flags, dict(base.named_parameters()), layer.A, layer.B, layer(x)


@check(**drawn(s, s.N, dtype=wide), examples=15, expect=close(terms=1000, graph=False))
def merges(impl, x, weight, bias, a, b, alpha):
    """merge() gives a new plain Linear that equals forward in evaluation, and changes nothing."""
    base = linear(weight, bias)
    layer = adapted(impl, base, a, b, alpha, 0.5)
    first, second = layer.merge(), layer.merge()
    facts = {"a plain Linear": type(first) is nn.Linear, "still training": layer.training}
    with torch.no_grad():
        for weights in first.parameters():
            weights.mul_(2)  # it is new: nobody else sees that
    layer.eval()
    return facts, first(x), second(x), layer(x), base(x), dict(second.named_parameters())


def fitting(outs, plain, entries, matrix, factor=1.0):
    """Which dropout masks of `entries` explain a row of outs: bool (calls, masks, rows)."""
    masks = torch.tensor(list(product([0.0, 1.0], repeat=entries.shape[-1])))
    wanted = plain + (masks[:, None] * entries * factor) @ matrix.T  # (masks, rows, out)
    return (outs[:, None] - wanted).abs().amax(-1) <= 1e-4 + 1e-5 * wanted.abs().amax(-1)


def masked(value, x, weight, bias, a, b, alpha, p):
    """What is wrong with training under dropout."""
    outs, still = value
    factor, update = 1 / (1 - p), alpha / a.shape[1] * a
    plain = x @ weight.T + (0 if bias is None else bias)
    if not torch.allclose(still, plain + x @ b.T @ update.T, rtol=1e-4, atol=1e-3):
        return "In evaluation the result is not that of the formula."
    if torch.allclose(outs, still.expand_as(outs), rtol=1e-4, atol=1e-3):
        return "In training nothing is dropped."
    fits = fitting(outs, plain, x, update @ b, factor)
    if not fits.any(1).all():
        if fitting(outs, plain, x, update @ b).any(1).all():
            return "In training the entries of x that are kept are not divided by 1 - p."
        if fitting(outs, plain, x @ b.T, update, factor).any(1).all():
            return "In training dropout acts between B and A."
        return "In training an update is not that of x with entries dropped, the others / (1 - p)."
    shown = fits.int().argmax(1)  # which mask, by call and row
    if (shown == shown[:1]).all():
        return "Every call drops the same entries; each needs a mask of its own."
    if (shown == shown[:, :1]).all():
        return "All rows of x lose the same entries; each entry is dropped by itself."
    if x.shape[-1] > 1 and (fits[:, 0] | fits[:, -1]).all():
        return "Rows of x are kept or dropped as a whole; each entry is dropped by itself."
    return None


@check(
    **drawn(few, ints(2, 3), regimes=("positive",)),
    p=st.sampled_from([0.3, 0.6, 0.45]),
    examples=8,
    expect=relation(masked),
)
def dropout(impl, x, weight, bias, a, b, alpha, p):
    """Dropout acts on the input of the update alone, in training alone."""
    layer = adapted(impl, linear(weight, bias), a, b, alpha, p)
    return torch.stack([layer(x) for _ in range(30)]), layer.eval()(x)


@check(**drawn(s, s.N), examples=8, expect=sums)
def adapter(impl, x, weight, bias, a, b, alpha):
    """A and B are its own parameters, by these names: their state alone carries the update over."""
    layer = adapted(impl, linear(weight, bias), a, b, alpha)
    state = {k: v.clone() for k, v in layer.state_dict().items() if not k.startswith("base.")}
    other = impl.LoRALinear(linear(weight, bias), a.shape[1], alpha).eval()
    other(x)  # nothing of this call may be left
    other.load_state_dict(state, strict=False)
    return sorted(name for name, _ in other.named_parameters()), other(x)


def narrow(sizes, train):
    """FLOPs of one product with the base's weight and two with the factors."""
    rows, inside, out, rank = sizes
    return 2 * rows * (inside * out + rank * (inside + out))


def room(sizes, train):
    """Bytes of four times input and output, and three times the factors, which are made here."""
    rows, inside, out, rank = sizes
    return 4 * (inside + out) * (4 * rows + 3 * rank)


def whole(*shape):
    """Small whole numbers."""
    return (torch.arange(prod(shape)) * 7 % 11 - 5.0).reshape(shape)


@check(
    sizes=st.sampled_from([(2, 96, 64, 2), (4, 120, 200, 5), (3, 256, 80, 3)]),
    train=st.booleans(),
    examples=8,
    expect=work(flops=narrow, live_bytes=room, values=sums),
)
def lean(impl, sizes, train):
    """Goes through the narrow middle: the product A B, as large as W, is never made."""
    rows, inside, out, rank = sizes
    base = linear(whole(out, inside), whole(out))
    layer = adapted(impl, base, whole(out, rank), whole(rank, inside), 3.0).train(train)
    return layer(whole(rows, inside))
