import weakref

import torch
from hypothesis import strategies as st
from torch import Tensor

from drill.grader.cases import FLOATS, Sizes, choice, tensors
from drill.grader.checks import check, gradients, refuses

s = Sizes("A B C", high=5)
any_dtype = st.sampled_from(FLOATS)
values = ("small", "normal", "tiny", "positive")
pair = tensors(2, s.A, s.B, dtype=torch.float64, grad=True)
forms = choice(["two calls", "sum", "sum the other way", "square of a square", "product"])
orders = choice([(kind, passes) for kind in ("leaf", "inner") for passes in (0, 1)])
changes = choice([Tensor.zero_, Tensor.neg_, Tensor.exp_]).map(lambda change: change.__name__)


def any_rank(**options):
    """Tensors with three axes to none, of any dtype."""
    drawn = tensors(s.A, s.B, s.C, dtype=any_dtype, **options)
    return st.builds(lowered, choice([2, 1, 0, 3]), drawn)


def lowered(axes, x):
    """x with so many leading axes less."""
    return x.detach()[(0,) * axes].requires_grad_(x.requires_grad)


def graph(square, form, x, y):
    """A tensor made of several calls."""
    if form == "two calls":
        return square(x) + 2 * square(y)
    if form == "square of a square":
        return square(square(x) - y)
    if form == "product":
        return square(x) * square(x * y)
    inner = x * y
    return inner + square(inner) if form == "sum" else square(inner) + inner


@check(x=any_rank(regimes=values), grad=st.booleans(), examples=20)
def squares(impl, x, grad):
    """Is x * x in the dtype of x, in the graph as a Square exactly if x requires a gradient."""
    point = x.detach().requires_grad_(grad)
    outs = [impl.Square.apply(point), impl.Square.apply(-point)]
    node = getattr(impl.Square, "_backward_cls", ())
    with torch.no_grad():
        outs.append(impl.Square.apply(point))
    return {"results": outs, "made by a Square": [isinstance(out.grad_fn, node) for out in outs]}


@check(x=any_rank(regimes=values, grad=True), examples=20)
def gradient(impl, x):
    """The gradient is the one that arrives times 2 x, element by element."""
    return gradients(impl.Square.apply(x), [x])


@check(form=forms, xy=pair, examples=15, after=("gradient",))
def calls(impl, form, xy):
    """Calls in one graph stay apart; a gradient that two branches share is not modified."""
    out = graph(impl.Square.apply, form, *xy)
    places = torch.arange(1, out.numel() + 1).reshape(out.shape)
    losses = [(out * (places - n)).sum() for n in (0, 5)]  # through one graph
    return [torch.autograd.grad(loss, xy, retain_graph=True) for loss in losses]


@check(earlier=choice([0, 1]), x=any_rank(grad=True), examples=20, after=("calls",))
def second(impl, earlier, x):
    """Its gradient can be differentiated again, by x and by the gradient that arrived."""
    upstream = torch.linspace(1, 2, x.numel(), dtype=x.dtype).reshape(x.shape).requires_grad_()
    loss = (impl.Square.apply(x) * upstream).sum()
    found = [torch.autograd.grad(loss, x, retain_graph=True) for _ in range(earlier)]
    (first,) = torch.autograd.grad(loss, x, create_graph=True)
    return [*found, first, gradients(first, [x, upstream])]


@check(before=orders, x=any_rank(grad=True), change=changes, examples=16, after=("calls",))
def guarded(impl, before, x, change):
    """If x was modified in place since the forward pass, backward raises RuntimeError."""
    point = x.detach().clone().requires_grad_() if before[0] == "leaf" else x * 1
    out = impl.Square.apply(point)
    for _ in range(before[1]):
        torch.autograd.grad(out.sum(), point, retain_graph=True)
    with torch.no_grad():
        getattr(point, change)()
    return refuses((RuntimeError,), gradients, out, [point])


def fate(memory):
    """What became of some memory, in words."""
    return "freed" if memory() is None else "still held"


@check(passes=choice([1, 0]), x=any_rank(grad=True), examples=8, after=("gradient", "guarded"))
def released(impl, passes, x):
    """Backward releases x while the result lives, and the result goes with its last reference."""
    inner = x * 3
    out = impl.Square.apply(inner)
    memory = [weakref.ref(tensor.untyped_storage()) for tensor in (inner, out)]
    del inner
    found = [(gradients(out, [x]), "x is " + fate(memory[0])) for _ in range(passes)]
    del out
    return {"after backward": found, "the result after del": fate(memory[1])}
