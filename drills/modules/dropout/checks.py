from itertools import product
from math import comb

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, Sizes, choice, tensors
from drill.grader.checks import check, refuses
from drill.grader.expect import close, law, relation

s = Sizes("A B C D")
wide = Sizes("E F", low=4, high=9)
inner = st.sampled_from([0.2, 0.3, 0.6, 0.7])
any_dtype = st.sampled_from(FLOATS)
CUBES = [(2, 2, 2), (2, 2, 2, 2)]
FATES = ("dropped", "kept")


def misfit(out, x):
    """What is wrong with a result by its form alone."""
    if not isinstance(out, torch.Tensor):
        return "The result is not a tensor."
    if out.shape != x.shape:
        return f"The result has shape {tuple(out.shape)}, not {tuple(x.shape)}."
    if out.dtype != x.dtype:
        return f"The result has dtype {out.dtype}, not {x.dtype}."
    return None


def multiple(out, x):
    """Which multiple of x the kept elements are, in words that do not depend on the mask."""
    ratios = (out.double() / x.double())[(out != 0) & (x != 0)]
    if ratios.numel() == 0:
        return "0 times x"
    middle = ratios.median()
    even = ((ratios - middle).abs() <= 0.05 * middle.abs()).all()
    return f"{middle.item():.2g} times x" if even else "no single multiple of x"


def is_identity(value, x, p):
    for out, slope in value:
        if text := misfit(out, x):
            return text
        if slope is None:
            return "In evaluation mode the result is cut off from the autograd graph."
        if ((out == 0) & (x != 0)).any():
            return "In evaluation mode elements are dropped."
        if not torch.equal(out, x):
            return f"In evaluation mode the result is {multiple(out, x)}; it should be x itself."
        if (slope != 1).any():
            return "In evaluation mode the gradient is not the identity's."
    return None


@check(
    x=tensors(s.A, s.B, dtype=any_dtype, grad=True),
    p=inner,
    examples=10,
    expect=relation(is_identity),
)
def inference(impl, x, p):
    """Evaluation mode, switched at any time by the model around it, makes it the identity."""
    model = nn.Sequential(impl.Dropout(p))
    outs = [model.train(False)(x)]
    model.train()(x.clone())
    outs.append(model.eval()(x))
    model.train()  # the gradient below is that of a call in evaluation
    return [(out, gradient(out, x, torch.ones_like(x))) for out in outs]


def zero_or_scaled(value, x, p):
    outs, after = value
    for out in outs:
        if text := misfit(out, x):
            return text
    if not torch.equal(after, x):
        return "It modified its argument `x`."
    out, scale = torch.stack(outs), 1 / (1 - (0.5 if p is None else p))
    kept = out[:, x != 0] != 0
    if len(outs) > 40 and kept.numel() and kept.all() | ~kept.any():  # not by a shared mask's luck
        return f"{'No' if kept.all() else 'Every'} element is dropped, in {len(outs)} calls."
    wanted = (x.double() * scale).to(x.dtype).double()  # infinite where it overflows
    facts = torch.finfo(x.dtype)
    error = (out.double() - wanted).abs() - 8 * facts.eps * wanted.abs()
    if ((error <= facts.smallest_normal) | (out == wanted) | (out == 0)).all():
        return None
    found = multiple(out, x.expand_as(out))
    return f"Kept elements are {found}; they should be 1 / (1 - p) = {scale:.4g} times x."


any_rank = st.integers(1, 4).flatmap(
    lambda rank: tensors(
        *(s.A, s.B, s.C, s.D)[:rank], dtype=any_dtype, regimes=("small", "normal", "uneven")
    )
)


huge = tensors(s.A, s.B, dtype=torch.float16).map(lambda x: 60_000 * x.sign())


@check(
    x=choice([any_rank, any_rank, huge]).flatmap(lambda kind: kind),
    p=st.one_of(inner, st.none()),
    examples=30,
    expect=relation(zero_or_scaled),
    after=(),
)
def survivors(impl, x, p):
    """In training an element is 0 or x / (1 - p), in the dtype of x; p is 0.5 by default."""
    given = {} if p is None else {"p": p}
    calls = 2 + 100 // max(1, int((x != 0).sum()))  # so many that both fates come up
    return [impl.Dropout(**given)(x) for _ in range(calls)], x


def same_mask(value, x, upstream, p):
    if any(misfit(part, x) for pair in value for part in pair):
        return "The result is cut off from the autograd graph: no gradient flows back to x."
    forward = torch.stack([out for out, _ in value])[:, x != 0] / x[x != 0]
    gradients = torch.stack([part for _, part in value]) / upstream
    at_zeros, backward = gradients[:, x == 0], gradients[:, x != 0]
    other = (forward != 0) != (backward != 0)
    if other.any() and backward.all():
        return "The gradient is that of evaluation mode."
    if other.any():
        late = not other[1::2].any()  # the second of each two calls is right
        found = "the mask of a later call" if late else "another mask than the forward pass"
        return f"The gradient uses {found}."
    if not torch.allclose(forward, backward, rtol=1e-5):
        found = multiple(backward, torch.ones_like(backward)).replace(" x", " the upstream one")
        return f"The gradient of a kept element is {found}; forward used another factor."
    if at_zeros.numel() >= 80 and not at_zeros.any():
        return "Where x is 0 no gradient arrives, as if such an element were always dropped."
    return None


@check(
    x=tensors(wide.E, wide.F, grad=True),
    upstream=tensors(wide.E, wide.F, regimes=("positive",)),
    p=inner,
    examples=12,
    expect=relation(same_mask),
    after=("survivors",),
)
def backward(impl, x, upstream, p):
    """The gradient has the mask and the factor of its own call, of however many that wait."""
    layers = [impl.Dropout(p) for _ in range(10)]
    pairs = [(layer(x), layer(x)) for layer in layers]
    for layer in layers:
        layer.eval()  # a gradient belongs to its call, whatever the mode is by now
    return [(out, gradient(out, x, upstream)) for pair in pairs for out in pair]


def gradient(out, x, upstream):
    """The gradient of x, or None without a graph. A sum for an output saves torch an import."""
    if not getattr(out, "requires_grad", False):
        return None
    return torch.autograd.grad((out * upstream).sum(), x)[0]


positive = tensors(16, regimes=("positive",))  # without zeros, so that 0 means dropped


def neighbours(rank):
    """What may be next to an element: the same place in the next call, then along each axis."""
    return [f"{rank}-D, {name}" for name in ("next call", *(f"axis {a}" for a in range(rank)))]


def coins(x, p):
    share = dict(zip(FATES, (p, 1 - p), strict=True))
    names = [name for cube in CUBES for name in neighbours(len(cube))]
    pairs = {
        f"{name}: {a}, {b}": share[a] * share[b] / (len(names) + 1)
        for name, a, b in product(names, FATES, FATES)
    }
    counts = [comb(6, k) * (1 - p) ** k * p ** (6 - k) / (len(names) + 1) for k in range(7)]
    return pairs | {f"6 elements: {k} kept": count for k, count in enumerate(counts)}


@check(x=positive, p=inner, examples=3, expect=law(coins), after=("survivors",))
def independent(impl, x, p):
    """Each element is dropped by itself, anew in every call: two neighbours along any axis, or one
    element in two calls, are two coins with probability p, and six elements six."""
    layer = impl.Dropout(p)
    seen = []
    for cube in CUBES:
        small = x[: 2 ** len(cube)].reshape(cube)
        for axis, name in enumerate(neighbours(len(cube))):
            # Switching the mode to and fro before every other call changes nothing.
            made = [layer.train(n % 2 == 0).train()(small) for n in range(480 // small.numel())]
            calls = torch.stack(made) != 0
            first, second = calls.unflatten(0, (-1, 2)).unbind(axis + 1)  # 240 pairs, all disjoint
            both = zip(first.flatten().tolist(), second.flatten().tolist(), strict=True)
            seen += [f"{name}: {FATES[a]}, {FATES[b]}" for a, b in both]
    six = [torch.count_nonzero(layer(x[:6].reshape(2, 3))).item() for _ in range(240)]
    return seen + [f"6 elements: {kept} kept" for kept in six]


@check(
    x=tensors(s.A, s.B, regimes=("positive",)),
    rare=choice([False, True]),  # bfloat16 knows no random number between 0 and 1/256
    p=st.sampled_from([0.33, 0.17, 0.46, 0.74, 0.63]),
    examples=4,
    expect=law(lambda x, rare, p: [p / 500, 1 - p / 500] if rare else [p, 1 - p]),
    after=("survivors",),
)
def rate(impl, x, rare, p):
    """Of very many elements a share p is dropped (outcome 0), in bfloat16 and for small p too."""
    model = nn.Sequential(impl.Dropout(p / 500 if rare else p)).eval()
    model.train()
    many = x.to(torch.bfloat16 if rare else x.dtype).expand(24_000 // x.numel(), *x.shape)
    return (model(many) != 0).flatten().int()


@check(
    x=tensors(s.A, s.B, grad=True),
    upstream=tensors(s.A, s.B),
    p=st.sampled_from([0.0, 1.0]),
    examples=12,
    expect=close(graph=False),
    after=(),
)
def edges(impl, x, upstream, p):
    """p = 0 is the identity and p = 1 gives zeros, both without NaN in result or gradient."""
    out = impl.Dropout(p)(x)
    return out, gradient(x + out, x, upstream)  # zeros at p = 1 may come without a graph


@check(
    below=choice([-0.1, -1.0, -0.001, -1e-9]),
    above=choice([1.5, 2.0, 1.0000001, float("inf")]),
    examples=8,
    after=(),
)
def refusal(impl, below, above):
    """p outside [0, 1] raises ValueError when the layer is made."""
    return refuses((ValueError,), impl.Dropout, below), refuses((ValueError,), impl.Dropout, above)
