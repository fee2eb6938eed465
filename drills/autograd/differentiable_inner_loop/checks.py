import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, ints, recipe, tensors
from drill.grader.checks import attempt, check, gradients
from drill.grader.expect import close

s = Sizes("A B", high=4)
both = st.shared(st.sampled_from([torch.float32, torch.float64]), key="dtype")
scale = tensors(dtype=both, regimes=("positive",), grad=True)


class Loss:
    """Hills, held near `anchor` or not, a plane, or another at every call (now and then flat)."""

    def __init__(self, scale, kind):
        self.scale, self.kind, self.calls, self.anchor = scale, kind, 0, None

    def __call__(self, params):
        self.calls += 1
        flat = params.reshape(-1)
        places = torch.arange(flat.numel(), dtype=flat.dtype)
        lean = (flat * torch.cos(places)).sum()
        if self.kind == "plane":
            return self.scale * lean
        if self.kind == "fixed plane":  # its gradient depends on nothing
            return 2 * lean
        shift, weight = (self.calls, (self.calls - 1) % 3) if self.kind == "moving" else (0, 1)
        bowls = lean**2 / 4 + (flat * flat).sum() / 8
        hills = bowls - self.scale * torch.cos(flat + places + shift).sum()
        pull = ((params - self.anchor) * params).sum() if self.kind == "held" else 0
        return weight * (hills + pull)


def broken(params):
    """A loss that fails."""
    raise KeyError


def shaped(axes, spread, x):
    """x with so many leading axes less; `spread` repeats one row without memory of its own."""
    x = x[(0,) * axes]
    return x[:1].expand(x.shape) if spread and axes < 2 else x


def flowing(out, **inputs):
    """The result and, if it has a graph, its derivatives in the inputs."""
    slopes = gradients(out, list(inputs.values())) if out.requires_grad else None
    return {"result": out, "derivative in": slopes and dict(zip(inputs, slopes, strict=True))}


given = {
    "start": st.builds(shaped, choice([1, 0, 2]), st.booleans(), tensors(s.A, s.B, dtype=both)),
    "lr": st.sampled_from([0.1, 0.03, 0.25]),
}
hills, moving, losses = (
    recipe(Loss, scale=scale, kind=choice(kinds))
    for kinds in (["hills"], ["moving"], ["hills", "held", "plane", "fixed plane"])
)
some, deep, leaf = ints(1, 4), st.sampled_from([1, 2, 3, 7]), st.booleans()
near = close(terms=20)  # moves are as large as that and may cancel


@check(loss_fn=hills, **given, steps=some, examples=12, expect=near)
def descends(impl, loss_fn, start, lr, steps):
    """Agrees with as many steps of plain gradient descent."""
    params = start.requires_grad_()
    first = impl.adapt(loss_fn, params, lr, steps)
    second = impl.adapt(loss_fn=loss_fn, params=params, lr=2 * lr, steps=steps + 1)
    return first.detach(), second.detach()


@check(loss_fn=losses, **given, leaf=leaf, steps=deep, examples=20, expect=near)
def gradient(impl, loss_fn, start, leaf, lr, steps):
    """Its derivative in params and all else that loss_fn uses has the second-order term."""
    params = start.requires_grad_() if leaf else 1.5 * start.requires_grad_()
    loss_fn.anchor = params
    return flowing(impl.adapt(loss_fn, params, lr, steps), start=start, scale=loss_fn.scale)


@check(loss_fn=hills, **given, leaf=leaf, examples=6)
def no_steps(impl, loss_fn, start, leaf, lr):
    """steps = 0 gives params back, connected to it."""
    params = start.requires_grad_() if leaf else 1.5 * start.requires_grad_()
    return flowing(impl.adapt(loss_fn, params, lr, 0), start=start)


modes = choice([(True, False), (False, True), (False, False)])


@check(mode=modes, loss_fn=hills, **given, steps=ints(0, 3), examples=9, expect=near)
def without_graph(impl, mode, loss_fn, start, lr, steps):
    """Under no_grad, and for params that want no gradient, it is right; the mode stays."""
    enabled, wanted = mode
    params = start.requires_grad_(wanted)
    with torch.set_grad_enabled(enabled):
        out = impl.adapt(loss_fn, params, lr, steps)
        found = {"result": out.detach(), "grad mode": torch.is_grad_enabled()}
        error = attempt(impl.adapt, broken, params, lr, 2)
        return found | {"loss_fn raises": error, "grad mode then": torch.is_grad_enabled()}


@check(before=choice([None, 0.5]), loss_fn=hills, **given, leaf=leaf, steps=some, examples=6)
def leaves_grads(impl, before, loss_fn, start, leaf, lr, steps):
    """No .grad is written or cleared."""
    held = [start.requires_grad_(), loss_fn.scale]
    for one in held:
        one.grad = None if before is None else torch.full_like(one, before)
    params = start if leaf else 1.5 * start
    impl.adapt(loss_fn, params, lr, steps)
    return {"grads": [one.grad for one in held], "retains_grad": params.retains_grad}


@check(loss_fn=moving, **given, steps=ints(0, 5), examples=10, expect=near)
def once_a_step(impl, loss_fn, start, lr, steps):
    """loss_fn is called once a step, may be another one at every call, and flat at some."""
    out = impl.adapt(loss_fn, start.requires_grad_(), lr, steps)
    return {"result": out.detach(), "calls": loss_fn.calls}
