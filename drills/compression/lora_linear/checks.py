from itertools import product
from math import prod

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import Sizes, choice, ints, make_tensor, seeds, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, relation, work

s = Sizes("N O I R M")
few = Sizes("O I R", high=4)
any_dtype = st.shared(st.sampled_from([torch.float32, torch.float64, torch.bfloat16]), key="dtype")
wide = st.shared(st.sampled_from([torch.float32, torch.float64]), key="wide")
sums = close(terms=1000)  # what the two terms add up may cancel
plain = close(terms=1000, graph=False)


def made(out, inside, rank, dtype, regime, seed, alpha):
    """The base's weight and bias (or None), A and B, and alpha."""
    shapes = {"weight": (out, inside), "bias": (out,), "A": (out, rank), "B": (rank, inside)}
    drawn = {
        name: make_tensor(shape, dtype, regime, "contiguous", 7 * seed + place + 1)
        for place, (name, shape) in enumerate(shapes.items())
    }
    return drawn | ({"bias": None} if seed % 3 == 1 else {}) | {"alpha": alpha}


def parts(sizes=s, dtype=st.just(torch.float32), regimes=("small", "normal")):  # noqa: B008
    """Draws for what a layer is made of."""
    alphas = st.sampled_from([3.0, 0.7, 16.0, 5])
    return st.builds(made, sizes.O, sizes.I, sizes.R, dtype, choice(regimes), seeds, alphas)


def base_of(parts):
    """An nn.Linear that holds copies of weight and bias."""
    weight, bias = parts["weight"], parts["bias"]
    base = nn.Linear(*weight.T.shape, bias=bias is not None, dtype=weight.dtype)
    base.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
    return base


def adapted(impl, base, parts, *dropout):
    """A LoRALinear of the learner's on `base`, with A and B of parts."""
    layer = impl.LoRALinear(base, parts["A"].shape[1], parts["alpha"], *dropout)
    with torch.no_grad():
        layer.A.copy_(parts["A"])
        layer.B.copy_(parts["B"])
    return layer


def lowered(axes, x):
    """x with so many leading axes less."""
    return x[(0,) * axes]


def any_rank(*sizes, **options):
    """Draws for an x with none to all of these leading axes."""
    fewer = choice([1, 0, 2, 3][: len(sizes)])
    return st.builds(lowered, fewer, tensors(*sizes, **options))


def misfit(value, x, parts):
    """What is wrong with a new layer."""
    a, b, outs, before = value
    weight, rank = parts["weight"], parts["A"].shape[1]
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
    terms = (x.abs() @ weight.abs().T).max() + 10
    for out, name in zip(outs, ("a new layer", "its merge()"), strict=True):
        if (out.dtype, out.shape) != (before.dtype, before.shape):
            return f"The result of {name} is {out.dtype} of shape {tuple(out.shape)}."
        if not (out - before).abs().max() <= 8 * torch.finfo(x.dtype).eps * terms:
            return f"The result of {name} is not that of its base."
    return None


@check(
    x=tensors(s.N, s.I, dtype=any_dtype),
    parts=parts(dtype=any_dtype),
    examples=14,
    expect=relation(misfit),
)
def starts(impl, x, parts):
    """A new layer does what its base does: one factor is zero, the other random."""
    base, rank = base_of(parts), parts["A"].shape[1]
    layer = impl.LoRALinear(base=base, rank=rank, alpha=parts["alpha"], dropout=0.3)
    return layer.A, layer.B, [layer(x), layer.merge()(x)], base(x)


@check(x=any_rank(s.M, 2, s.N, s.I, dtype=wide), parts=parts(dtype=wide), examples=20, expect=sums)
def matches(impl, x, parts):
    """Computes x (W + (alpha / rank) A B)^T + b for any number of leading axes, in both modes."""
    layer = adapted(impl, base_of(parts), parts)
    outs = [layer(x), layer(1 - x)]
    layer.eval()
    with torch.no_grad():
        outs.append(layer(x=torch.stack([x, -x])))
        for weights in layer.parameters():
            weights.mul_(2)  # and it goes by what they hold now
        return [*outs, layer(x)]


@check(
    x=any_rank(s.M, s.N, s.I, dtype=wide, grad=True),
    parts=parts(dtype=wide),
    train=st.booleans(),
    examples=12,
    expect=sums,
    after=("matches",),
)
def gradient(impl, x, parts, train):
    """The gradients reach x, through both terms, and A and B, and are right."""
    layer = adapted(impl, base_of(parts), parts).train(train)
    x = x.detach().requires_grad_()
    out = layer(x)
    return out, gradients(out, [x, layer.A, layer.B])


@check(x=tensors(s.N, s.I), parts=parts(), examples=10, expect=plain, after=("matches",))
def trains(impl, x, parts):
    """self.base is the given layer, frozen: steps of descent move A and B and nothing else."""
    base = base_of(parts)
    layer = adapted(impl, base, parts)
    for _ in range(3):
        layer.zero_grad()
        (layer(x) * x.mean(-1, keepdim=True)).sum().backward()
        with torch.no_grad():
            for weights in layer.parameters():
                weights -= 0 if weights.grad is None else 0.003 * weights.grad
    same = {"base is the given layer": layer.base is base}
    flags = {name: weights.requires_grad for name, weights in base.named_parameters()}
    return same, flags, dict(base.named_parameters()), layer.A, layer.B, layer.eval()(x)


@check(
    x=tensors(s.N, s.I, dtype=wide),
    parts=parts(dtype=wide),
    train=st.booleans(),
    examples=12,
    expect=plain,
    after=("matches",),
)
def merges(impl, x, parts, train):
    """merge() gives a new plain Linear that equals forward in evaluation, and changes nothing."""
    base = base_of(parts)
    layer = adapted(impl, base, parts, 0.5).train(train)
    first, second = layer.merge(), layer.merge()
    facts = {
        "a plain Linear": type(first) is nn.Linear,
        "changed mode": [name for name, part in layer.named_modules() if part.training != train],
        "A and B need gradients": [layer.A.requires_grad, layer.B.requires_grad],
    }
    with torch.no_grad():
        for weights in first.parameters():
            weights.mul_(2)  # it is new: nobody else sees that
        outs = [first(x), second(x), layer.eval()(x)]
        layer.A.zero_()
        third = layer.merge()
        third.weight.mul_(2)
        return facts, [*outs, third(x), base(x)], dict(second.named_parameters())


def fitting(outs, plain, entries, matrix):
    """Which dropout masks of `entries` explain a row of outs (calls, masks, rows); the masks."""
    masks = torch.tensor(list(product([0.0, 1.0], repeat=entries.shape[-1])))
    wanted = plain + (masks[:, None] * entries) @ matrix.T  # (masks, rows, out)
    off = (outs[:, None] - wanted).abs().amax(-1)
    return off <= 1e-4 + 1e-5 * wanted.abs().amax(-1), masks


def drawn_wrongly(shown, kept, p):
    """What is wrong with the masks: numbered by call and row, and (calls, rows, in) themselves."""
    if (shown == shown[:1]).all():
        return "Every call drops the same entries; each needs a mask of its own."
    if (shown[:, :, None] == shown[:, None]).all(0).triu(1).any():
        return "Rows of x always lose the same entries; each entry is dropped by itself."
    if (kept[..., None] == kept[..., None, :]).flatten(0, 1).all(0).triu(1).any():
        return "Entries of a row are always dropped together; each is dropped by itself."
    if (kept.mean() - 1 + p).abs() > 6 * (p * (1 - p) / kept.numel()) ** 0.5:
        return f"About {1 - kept.mean():.0%} of the entries are dropped; it should be {p:.0%}."
    return None


def masked(value, x, parts, p):
    """What is wrong with training under dropout."""
    outs, still, grads, after = value
    weight, bias, a, b, alpha = parts.values()
    rows, still = (t.reshape(-1, t.shape[-1]) for t in (x, still))
    outs = outs.reshape(-1, *still.shape)  # (calls, rows, out)
    factor, update = 1 / (1 - p), alpha / a.shape[1] * a
    plain = rows @ weight.T + (0 if bias is None else bias)
    if not torch.allclose(still, plain + rows @ b.T @ update.T, rtol=1e-4, atol=1e-3):
        return "In evaluation the result is not that of the formula."
    if torch.allclose(outs, still.expand_as(outs), rtol=1e-4, atol=1e-3):
        return "In training nothing is dropped."
    fits, masks = fitting(outs, plain, rows * factor, update @ b)
    if not fits.any(1).all():
        if fitting(outs, plain, rows, update @ b)[0].any(1).all():
            return "In training the entries of x that are kept are not divided by 1 - p."
        if fitting(outs, plain, rows @ b.T * factor, update)[0].any(1).all():
            return "In training dropout acts between B and A."
        return "In training an update is not that of x with entries dropped, the others / (1 - p)."
    shown = fits.int().argmax(1)  # the mask's number, by call and row
    kept = masks[shown]
    leaves = [t.clone().requires_grad_() for t in (x, a, b)]
    inner = (leaves[0] * kept[0].reshape(x.shape) * factor) @ leaves[2].T
    wanted = gradients(leaves[0] @ weight.T + alpha / a.shape[1] * inner @ leaves[1].T, leaves)
    for name, got, right in zip("xAB", grads, wanted, strict=True):
        if got is None or not torch.allclose(got, right, rtol=1e-3, atol=1e-3):
            return f"Under dropout the gradient of {name} is not that of the entries kept."
    changed = None if torch.equal(after, x) else "It modified x."
    return drawn_wrongly(shown, kept, p) or changed


@check(
    x=any_rank(2, ints(2, 3), few.I, regimes=("positive",)),
    parts=parts(few, regimes=("positive",)),
    p=st.sampled_from([0.3, 0.6, 0.45]),
    examples=8,
    expect=relation(masked),
    after=("gradient",),
)
def dropout(impl, x, parts, p):
    """Dropout acts on the input of the update alone, in training alone, entry by entry."""
    layer, leaf = adapted(impl, base_of(parts), parts, p), x.clone().requires_grad_()
    out = layer(leaf)
    grads = gradients(out, [leaf, layer.A, layer.B])
    return torch.stack([out, *(layer(x) for _ in range(29))]), layer.eval()(x), grads, x


@check(x=tensors(s.N, s.I), parts=parts(), examples=8, expect=sums, after=("matches",))
def adapter(impl, x, parts):
    """A and B are its own parameters, by these names: their state alone carries the update over."""
    layer = adapted(impl, base_of(parts), parts)
    state = {k: v.clone() for k, v in layer.state_dict().items() if not k.startswith("base.")}
    other = impl.LoRALinear(base_of(parts), parts["A"].shape[1], parts["alpha"]).eval()
    with torch.no_grad():
        other(x)  # nothing of this call may be left
        other.load_state_dict(state, strict=False)
        return sorted(name for name, _ in other.named_parameters()), other(x)


def narrow(sizes, mode):
    """FLOPs of one product with the base's weight and two with the factors."""
    rows, inside, out, rank = sizes
    return 2 * rows * (inside * out + rank * (inside + out))


def room(sizes, mode):
    """Bytes of four times input and output, and three times the factors, which are made here."""
    rows, inside, out, rank = sizes
    return 4 * (inside + out) * (4 * rows + 3 * rank)


def whole(*shape):
    """Small whole numbers."""
    return (torch.arange(prod(shape)) * 7 % 11 - 5.0).reshape(shape)


@check(
    sizes=st.sampled_from([(2, 96, 64, 2), (4, 120, 200, 5), (3, 256, 80, 3)]),
    mode=choice(["train", "eval", "no_grad"]),
    examples=8,
    expect=work(flops=narrow, live_bytes=room, values=sums),
    after=("matches",),
)
def lean(impl, sizes, mode):
    """Goes through the narrow middle: the product A B, as large as W, is never made."""
    rows, inside, out, rank = sizes
    shapes = {"weight": (out, inside), "bias": (out,), "A": (out, rank), "B": (rank, inside)}
    parts = {name: whole(*shape) for name, shape in shapes.items()} | {"alpha": 3.0}
    layer = adapted(impl, base_of(parts), parts).train(mode == "train")
    with torch.set_grad_enabled(mode != "no_grad"):
        return layer(whole(rows, inside))
