from functools import partial
from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, LAYOUTS, Sizes, choice, lay_out, seeds
from drill.grader.checks import check, gradients
from drill.grader.expect import close, exact

s = Sizes("A B C", high=5)
ranks = st.shared(st.sampled_from([2, 1, 3, 0]), key="rank")
any_float, double = st.shared(choice(FLOATS), key="dtype"), st.just(torch.float64)
halves, quarters, normal = ("grid", 0.5), ("grid", 0.25), ("normal", 2.0)
steep = choice(list(product(FLOATS, [halves, normal, ("edge", 1.2), ("normal", 2e10)])))
forms, trainings = ("results", "leaves", "shared"), ("both", "online", "target", "neither")


def numbers(rank, shape, what, layout, seed, grad):
    """Whole or normal numbers times a factor: ties, or where floats begin to be whole ("edge")."""
    dtype, (kind, factor) = what
    source = torch.Generator().manual_seed(seed)
    values = torch.randint(-9, 10, shape[:rank], generator=source).double()
    if kind != "grid":
        values = torch.randn(shape[:rank], generator=source, dtype=torch.float64)
    factor /= torch.finfo(dtype).eps if kind == "edge" else 1
    top = 60_000 if dtype == torch.float16 else 1e15
    return lay_out((factor * values).clamp(-top, top).to(dtype), layout).requires_grad_(grad)


def any_rank(what, grad=False):
    """Draws for a tensor of 0 to 3 axes."""
    sizes, layouts = st.tuples(s.A, s.B, s.C), st.sampled_from(LAYOUTS)
    return st.builds(partial(numbers, grad=grad), ranks, sizes, what, layouts, seeds)


def pair(dtype):
    """Draws for online and target, never equal everywhere."""
    kinds = {"online": choice([halves, normal]), "target": choice([quarters, normal])}
    return {name: any_rank(st.tuples(dtype, kind)) for name, kind in kinds.items()}


@check(x=any_rank(steep), examples=32, expect=exact())
def rounds(impl, x):
    """Forward it is torch.round to the bit, in shape and dtype of x, which stays as it is."""
    return impl.straight_through_round(x)


@check(x=any_rank(steep, grad=True), examples=24, expect=exact())
def identity(impl, x):
    """Backward it is the identity: whatever gradient arrives passes unchanged, at any x."""
    with torch.no_grad():
        quiet = impl.straight_through_round(x)
    out = impl.straight_through_round(x=x)
    return out, gradients(9 * out, [x]) if out.requires_grad else None, quiet


@check(**pair(any_float), examples=16, expect=close(loosen=2), after=())
def loss(impl, online, target):
    """target_loss is the mean of the squared differences, 0-d and in the dtype of its arguments,
    for few elements and for many."""
    swapped = impl.target_loss(online=target, target=online)
    many = [8 * one.expand(50, *one.shape) for one in (online, target)]  # their squares fit
    return impl.target_loss(online, target), swapped, impl.target_loss(*many)


@check(
    # shared: both computed from one parameter; one: the same tensor twice
    situation=choice([*product(forms, trainings), ("one", "both")]),
    **pair(any_float),
    examples=26,
    expect=close(loosen=2),
    after=("loss",),
)
def one_way(impl, situation, online, target):
    """The gradient reaches online, nothing reaches target, and target keeps its own graph."""
    form, trained = situation
    online, target = online.clone(), target.clone()
    ours, theirs = (online, target) if form == "leaves" else map(torch.ones_like, (online, target))
    ours.requires_grad_(trained != "target")
    theirs.requires_grad_(trained != "online")
    if form != "leaves":
        online, target = online * ours, target * (ours if form == "shared" else theirs)
    target = online if form == "one" else target
    with torch.set_grad_enabled(trained != "neither"):
        loss = impl.target_loss(online, target)
        impl.target_loss(target, online)  # a later call changes nothing for this one
    sources = {"online": online, "target": target, "online's parameter": ours}
    sources = {name: one for name, one in sources.items() if one.requires_grad}
    slopes = gradients(loss, list(sources.values())) if loss.requires_grad and sources else []
    named = {f"gradient of {name}": one for name, one in zip(sources, slopes, strict=False)}
    return loss, online, target, named


@check(
    x=any_rank(st.tuples(double, choice([halves, normal])), grad=True),
    target=pair(double)["target"],
    examples=8,
    expect=close(axes=(-3, -2, -1)),
    after=("identity", "one_way"),
)
def twice(impl, x, target):
    """Both can be differentiated twice, together too."""
    loss = impl.target_loss(x * impl.straight_through_round(x), target)
    (first,) = torch.autograd.grad(loss, x, create_graph=True)
    places = torch.arange(x.numel(), dtype=x.dtype).reshape(x.shape)
    return first, torch.autograd.grad((first * torch.cos(places)).sum(), x)[0]
