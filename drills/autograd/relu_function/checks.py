import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, ints, seeds, tensors, tiny_mlp
from drill.grader.checks import Raised, attempt, check, gradients
from drill.grader.expect import exact, relation

s = Sizes("A B C", high=6)
two_axes = tensors(s.A, s.B, dtype=choice(FLOATS))  # each dtype gets its turn


def any_rank(*regimes):
    """Tensors with one to three axes."""
    shapes = (s.A, s.B), (s.A,), (s.A, s.B, s.C)
    return st.one_of(*(tensors(*one, dtype=choice(FLOATS), regimes=regimes) for one in shapes))


def strewn(x, seed, near_zero):
    """x with zeros and the numbers next to them at random places, or with NaN and the largest."""
    facts = torch.finfo(x.dtype)
    least, most = facts.tiny * facts.eps, facts.max
    odd = torch.nan, -torch.inf, torch.inf, most, -most
    places = torch.randint(8, x.shape, generator=torch.Generator().manual_seed(seed))
    for kind, number in enumerate((0.0, -0.0, least, -least, facts.tiny) if near_zero else odd):
        x.masked_fill_(places == kind, number)
    return x


def leaf(x):
    """x as something to differentiate by."""
    return x.detach().requires_grad_()


@check(x=any_rank("small", "normal", "uneven", "positive"), examples=20)
def matches(impl, x):
    """Is max(x, 0), a new tensor, in the graph as a CustomReLU exactly if x wants a gradient."""
    out = impl.CustomReLU.apply(leaf(x))
    node = getattr(impl.CustomReLU, "_backward_cls", ())
    return {
        "for x without a gradient": impl.CustomReLU.apply(x),
        "for x with one": out,
        "made by a CustomReLU": isinstance(out.grad_fn, node),
        "shares memory with x": out.untyped_storage().data_ptr() == x.untyped_storage().data_ptr(),
    }


@check(x=st.builds(strewn, two_axes, seeds, st.just(False)), examples=8, expect=exact())
def special(impl, x):
    """NaN stays NaN, infinity stays infinity, and minus infinity becomes 0."""
    return impl.CustomReLU.apply(x)


@check(x=any_rank("small", "normal", "tiny").map(lambda x: x.masked_fill_(x == 0, 2)), examples=20)
def gradient(impl, x):
    """The gradient that arrives passes where x > 0 and not where x < 0, at every backward pass."""
    x = leaf(x)
    weights = torch.arange(1, 1 + x.numel(), dtype=torch.float64).cos().to(x.dtype)
    loss = (impl.CustomReLU.apply(x) * weights.reshape(x.shape)).sum()
    return [torch.autograd.grad(loss, x, retain_graph=True) for _ in range(2)]


@check(x=st.builds(strewn, two_axes, seeds, st.just(True)), examples=8, after=("gradient",))
def at_zero(impl, x):
    """Where x is exactly 0 (or -0.0) the gradient is 0, and next to it 0 or 1 times upstream."""
    x = leaf(x)
    return gradients(impl.CustomReLU.apply(x), [x])


after = ("gradient", "at_zero")


@check(x=two_axes, seed=seeds, examples=8, after=after)
def shared(impl, x, seed):
    """The gradient that arrives, in any layout, is left alone: another branch may get it too."""
    x, other = leaf(x), leaf(x.roll(seed))
    turns = torch.clone, torch.t, torch.sum  # of the last an expanded gradient arrives
    return [gradients(turn(impl.CustomReLU.apply(x) + other), [x, other]) for turn in turns]


@check(x=tensors(s.A, s.B), model=tiny_mlp(s.B, 6, 3), steps=ints(1, 3), examples=6, after=after)
def trains(impl, x, model, steps):
    """A network with it trains like one with nn.ReLU: all weights are equal after each step."""
    model[1].forward, found = impl.CustomReLU.apply, []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        ((model(x) - 1).square().mean() + model(-x).square().mean()).backward()
        optimizer.step()
        found.append([parameter.detach().clone() for parameter in model.parameters()])
    return found


def never_wrong(value, x):
    """Complains of a gradient that has changed without an error."""
    for over, after in zip(("input", "result"), value[1:], strict=True):
        raised = isinstance(after, Raised)
        if not ("RuntimeError" in after.classes if raised else torch.equal(value[0], after)):
            fault = "RuntimeError is not raised" if raised else "the gradient is silently wrong"
            return f"The {over} was overwritten before backward, and {fault}."
    return None


@check(x=two_axes, examples=8, expect=relation(never_wrong), after=after)
def overwritten(impl, x):
    """If x or the result is overwritten before backward, it is right or raises RuntimeError."""

    def gradient(over):
        one = leaf(x)
        given = one * 1
        result = impl.CustomReLU.apply(given)
        with torch.no_grad():
            [x * 1, given, result][over].neg_()
        return gradients(result, [one])[0]

    return [gradient(0), attempt(gradient, 1), attempt(gradient, 2)]
