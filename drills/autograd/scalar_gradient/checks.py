from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, tensors
from drill.grader.checks import attempt, check, gradients
from drill.grader.expect import close

s = Sizes("A B C", high=5)
any_dtype = st.sampled_from(FLOATS)
slopes = close(graph=False)
# What f makes of its argument t and of a tensor w of the same shape and dtype.
FUNCTIONS = {
    "squares": lambda t, w: (t**2).sum(),
    "cubes": lambda t, w: (w * t**3 - t).mean() + 1000,
    "sine": lambda t, w: (w * t).sin().sum(),
    "log of a sum": lambda t, w: (t * 0.5).exp().sum().log(),
    "product": lambda t, w: t.flatten() @ w.flatten(),
    "one element": lambda t, w: t.flatten()[0] ** 2 * w.flatten()[0],
    "partly detached": lambda t, w: (t.detach() * t * w).sum(),
    "in float64": lambda t, w: (t.double() ** 2 * w.double()).sum(),
    "in place": lambda t, w: (t * 2).add_(w).pow(2).sum(),
}
CONSTANTS = {
    "a number": lambda t, w: torch.tensor(2.5),
    "of w": lambda t, w: (w * w).sum(),
    "detached": lambda t, w: (t.detach() * 2).sum(),
}
ERRORS = {"RuntimeError": RuntimeError, "TypeError": TypeError, "an interrupt": KeyboardInterrupt}
names = choice(list(FUNCTIONS))
kinds = ["plain", "leaf", "leaf with a gradient", "part of a graph"]
calls = list(product(kinds, ["enable_grad", "no_grad"]))
sound, broken = product(calls, ["none"]), zip(calls, 3 * list(ERRORS), strict=False)
settings = choice([(*call, fault) for call, fault in (*sound, *broken)])


def points(dtype=torch.float32):
    """Tensors with three axes to none."""
    drawn = tensors(s.A, s.B, s.C, regimes=("small", "normal", "tiny"), dtype=dtype)
    return st.builds(lambda axes, x: x[(0,) * axes], choice([2, 1, 0, 3]), drawn)


def function(name, w, fault="none"):
    """The function of that name, of t alone, or one that raises an error."""

    def f(t):
        if t.shape != w.shape or t.dtype != w.dtype:
            raise TypeError("f got a tensor of another shape or dtype than x")
        if fault in ERRORS:
            raise ERRORS[fault]("f is broken")
        return (FUNCTIONS | CONSTANTS)[name](t, w)

    return f


def weights(x):
    """1, 2, 3, ... in the shape and dtype of x."""
    return torch.arange(1, x.numel() + 1).reshape(x.shape).to(x.dtype)


def held(x, kind):
    """A tensor like x of some kind, and the leaf that it comes from."""
    leaf = x.clone().requires_grad_(kind != "plain")
    leaf.grad = torch.full_like(leaf, 3.0) if kind == "leaf with a gradient" else None
    return (leaf.clamp(-999, 999) if kind == "part of a graph" else leaf), leaf


def asked(impl, mode, f, x):
    """What comes of a call in some mode, and whether autograd is on then."""
    with getattr(torch, mode)():
        try:
            return attempt(impl.gradient, f, x), torch.is_grad_enabled()
        except KeyboardInterrupt:
            return "an interrupt", torch.is_grad_enabled()


def state(x, leaf):
    """All that must stay as it is: x and its flag, the .grad of its leaf, and the graph between."""
    through = gradients(x, [leaf]) if x.requires_grad else None
    return {"x": x, "requires_grad": x.requires_grad, ".grad": leaf.grad, "its graph": through}


@check(name=names, x=points(any_dtype), examples=27, expect=slopes)
def matches(impl, name, x):
    """Is the derivative of f at x, in the shape and dtype of x, however often it is asked."""
    f, element = function(name, weights(x)), x.flatten()[0]
    return [impl.gradient(f, x), impl.gradient(lambda t: t, element), impl.gradient(x=x, f=f)]


@check(setting=settings, name=names, x=points(), examples=16, expect=slopes)
def recording(impl, setting, name, x):
    """Works under no_grad; autograd stays on or off, and what f raises reaches the caller."""
    kind, mode, fault = setting
    return asked(impl, mode, function(name, weights(x), fault), held(x, kind)[0])


@check(setting=settings, name=names, x=points(), examples=16, expect=slopes, after=("recording",))
def untouched(impl, setting, name, x):
    """x keeps its .grad, its requires_grad and its graph, also where f raises an error."""
    kind, mode, fault = setting
    x, leaf = held(x, kind)
    f = function(name, weights(x), fault)
    return [asked(impl, mode, f, x) for _ in range(2)], state(x, leaf)


@check(call=choice(calls), name=names, x=points(), examples=16, expect=slopes, after=("recording",))
def others(impl, call, name, x):
    """Other tensors that f uses get nothing added to their .grad, and keep their graphs."""
    kind, mode = call
    w, leaf = held(weights(x), kind)
    used = w.sqrt()
    f = function(name, used)
    return [asked(impl, mode, f, x) for _ in range(2)], state(used, leaf)


@check(name=choice(list(CONSTANTS)), x=points(any_dtype), examples=12, expect=slopes)
def independent(impl, name, x):
    """Is zeros where f does not depend on its argument, with or without a graph."""
    f = function(name, weights(x).requires_grad_())
    return [asked(impl, mode, f, x) for mode in ("enable_grad", "no_grad")]


earlier = ("recording", "untouched", "others", "independent")


@check(kind=choice(kinds), name=names, x=points(), examples=16, expect=slopes, after=earlier)
def argument_alone(impl, kind, name, x):
    """f is differentiated in its argument, not in what else it uses of x."""
    x, _ = held(x, kind)
    f = function(name, 2 * x)
    return impl.gradient(lambda t: f(t) + (x * t).sum() + f(x), x)
