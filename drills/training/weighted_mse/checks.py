from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, LAYOUTS, choice, ints, make_tensor
from drill.grader.checks import attempt, check, gradients, refuses
from drill.grader.expect import close

REDUCTIONS = ("mean", "sum", "none")
few = ints(0, 19)
near = close(axes=(-3, -2, -1), loosen=4)
shapes = [(2, 3), (4,), (3, 3), (2, 3, 4), (3, 1), (1, 4), (2, 1, 5), (5, 2), (1,), ()]
keeps = st.sampled_from([(1, 1, 1), (1, 1, 0), (0, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0)])
scales = {torch.float16: 2.0**-9, torch.bfloat16: 2.0**-30, torch.float32: 2.0**-30}


def made(kind, shape, keep, cut, regime, layout, seed):
    """pred, target and weight of these facts; weight is 1 where `keep` is 0, and cut short."""
    dtype, scale = kind[:2]
    pred = make_tensor(shape, torch.float64, "small", layout, seed)
    target = make_tensor(shape, torch.float64, "small", "contiguous", seed + 1)
    if regime == "normal":
        pred = make_tensor(shape, torch.float64, "normal", layout, seed)
    elif regime == "offset":  # large beside the error
        pred, target = pred + 100, target + 100
    narrow = tuple(n if k else 1 for n, k in zip(shape, keep[3 - len(shape) :], strict=True))
    source = torch.Generator().manual_seed(seed + 2)
    weight = torch.randint(0, 9, narrow, generator=source) / 4
    weight.view(-1)[seed % max(weight.numel(), 1) :][:1] = 1.25  # never all zero
    if scale == "tiny":
        weight = weight * scales.get(dtype, 2.0**-30)
    elif scale == "zero":
        weight = weight * 0.0
    while cut and weight.dim() and weight.shape[0] == 1:
        weight = weight[0]  # broadcasting brings leading axes back
    if layout == "expanded":
        weight = weight.expand(shape)
    return [t.to(dtype) if t.dtype != dtype else t for t in (pred, target, weight)]


def data(kinds, shapes=shapes, regimes=("small", "normal", "offset")):
    """A drawn kind, which starts with dtype and scale, and the three tensors."""
    rest = (st.sampled_from(shapes), keeps, st.booleans(), st.sampled_from(regimes))
    layouts = st.sampled_from([*LAYOUTS, "expanded"])
    return st.builds(lambda kind, *more: (kind, *made(kind, *more)), kinds, *rest, layouts, few)


def asking(tensors, flags):
    """Copies as leaves, in the same layout, some of which ask for a gradient."""
    return [t.detach().requires_grad_(flag) for t, flag in zip(tensors, flags, strict=True)]


@check(
    case=data(choice(list(product(FLOATS, ("plain", "tiny"), REDUCTIONS)))),
    named=st.booleans(),
    examples=40,
    expect=near,
)
def computes(impl, case, named):
    """The weighted squares, their sum, or their sum over the broadcast weights' sum; dtype kept."""
    (_, _, reduction), pred, target, weight = case
    if named:
        loss = impl.WeightedMSELoss(reduction=reduction)
        return loss(weight=weight, target=target, pred=pred)
    loss = impl.WeightedMSELoss() if reduction == "mean" else impl.WeightedMSELoss(reduction)
    return loss(pred, target, weight)


asks = [f for f in product((True, False), repeat=3) if any(f)]
grad_kinds = list(product(FLOATS, ("plain",), REDUCTIONS, asks))


@check(
    case=data(choice(grad_kinds[::5] + grad_kinds[2::5])),
    examples=34,
    expect=close(axes=(-3, -2, -1), loosen=8, terms=9.0),
)
def gradient(impl, case):
    """The gradients of those of pred, target and weight that ask for one."""
    (_, _, reduction, flags), *tensors = case
    leaves = asking(tensors, flags)
    out = impl.WeightedMSELoss(reduction)(*leaves)
    return out, gradients(out, [leaf for leaf in leaves if leaf.requires_grad])


empty = [(0, 3), (2, 0), (0,)]


@check(
    case=data(choice(list(product(FLOATS, ("zero",), REDUCTIONS))), [*shapes[:6], *empty, ()]),
    examples=24,
    expect=near,
)
def zero_total(impl, case):
    """With a total weight of zero it is 0 and not NaN, and so are the gradients."""
    (_, _, reduction), *tensors = case
    leaves = asking(tensors, (True, True, False))
    out = impl.WeightedMSELoss(reduction)(*leaves)
    return out, gradients(out, leaves[:2])


@check(
    case=data(choice(list(product(FLOATS, ("plain", "tiny"), REDUCTIONS)))),
    low=st.sampled_from([-1.0, -0.125, -0.001, -1e-7]),
    place=few,
    examples=24,
    expect=near,
)
def negative(impl, case, low, place):
    """A negative weight raises ValueError, however small; -0.0 is fine, and so is the next call."""
    (_, _, reduction), pred, target, weight = case
    weight = weight.clone()
    right = weight.clone()
    place = place % weight.numel()
    weight.view(-1)[place], right.view(-1)[place] = low, -0.0
    right.view(-1)[(place + 1) % weight.numel()] = 0.5
    loss = impl.WeightedMSELoss(reduction)
    kept = [pred.clone(), target.clone(), weight.clone()]
    raised = refuses((ValueError,), loss, *kept)
    return raised, kept, loss(pred, target, right)


@check(
    bad=choice(["average", "", "Mean", "um", "batchmean", None, 0]),
    examples=7,
)
def reductions(impl, bad):
    """A reduction that isn't one of the three raises ValueError when the module is made."""
    return refuses((ValueError,), impl.WeightedMSELoss, bad)


@check(
    first=data(choice(list(product((torch.float64, torch.float32), ("zero", "plain"), [0])))),
    second=data(choice(list(product(FLOATS, ("plain",), [0])))),
    examples=8,
    expect=near,
)
def calls(impl, first, second):
    """Objects don't know of each other, calls not of earlier ones; the module has no state."""
    losses = [impl.WeightedMSELoss(reduction) for reduction in REDUCTIONS]
    found = [loss(*case[1:]) for case in (first, second, first) for loss in losses]
    return found, [list(loss.state_dict()) for loss in losses], [attempt(losses[0], *second[1:])]
