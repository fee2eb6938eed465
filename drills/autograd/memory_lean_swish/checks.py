import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, seeds, tensors
from drill.grader.checks import Raised, attempt, check, gradients
from drill.grader.expect import close, relation, work

CALLS = 100
s = Sizes("A B C", high=6)
two_axes = tensors(s.A, s.B, dtype=choice(FLOATS))  # each dtype gets its turn
large = tensors(s.A, s.B, dtype=choice(FLOATS), regimes=("uneven", "large"))


def any_rank(*regimes):
    """Tensors with one to three axes."""
    shapes = (s.A, s.B), (s.A,), (s.A, s.B, s.C)
    return st.one_of(*(tensors(*one, dtype=choice(FLOATS), regimes=regimes) for one in shapes))


def leaf(x):
    """x as something to differentiate by."""
    return x.detach().requires_grad_()


@check(x=any_rank("small", "normal", "tiny"), examples=20)
def matches(impl, x):
    """Is x * sigmoid(x) in the dtype of x, in the graph as a MemoryLeanSwish if x wants one."""
    out = impl.MemoryLeanSwish.apply(leaf(x))
    node = getattr(impl.MemoryLeanSwish, "_backward_cls", ())
    return {
        "for x without a gradient": impl.MemoryLeanSwish.apply(x),
        "for x with one": out,
        "made by a MemoryLeanSwish": isinstance(out.grad_fn, node),
    }


# A slope has terms around 1, which cancel where x is near -1.28.
@check(x=any_rank("small", "normal", "positive"), examples=20, expect=close(terms=2.0))
def gradient(impl, x):
    """The gradient is the one that arrives times the slope of x * sigmoid(x), and has no graph."""
    x = leaf(x)
    return gradients(impl.MemoryLeanSwish.apply(x), [x])


@check(x=large, examples=12, expect=close(terms=100.0), after=("gradient",))
def extreme(impl, x):
    """Values and gradients are finite and right for entries around 10,000, gradients around 50."""
    x = leaf(x)
    out = impl.MemoryLeanSwish.apply(x)
    return out, gradients(50 * out.double(), [x])


@check(x=two_axes, seed=seeds, examples=8, expect=close(terms=8.0), after=("gradient",))
def calls(impl, x, seed):
    """Calls stay apart; a gradient, of any layout, is left alone; backward may run again."""
    x, other = leaf(x), leaf(x.roll(seed) + 1)
    first, second = impl.MemoryLeanSwish.apply(x) + other, impl.MemoryLeanSwish.apply(x * 3)
    outs = first + second, first + second, first.T, first.sum()
    losses = [(out * torch.arange(out.numel()).cos().reshape(out.shape)).sum() for out in outs]
    return [torch.autograd.grad(loss, [x, other], retain_graph=True) for loss in losses]


def never_wrong(value, x):
    """Complains of a gradient that has changed without an error."""
    for over, after in zip(("input", "result"), value[1:], strict=True):
        raised = isinstance(after, Raised)
        if not ("RuntimeError" in after.classes if raised else torch.equal(value[0], after)):
            fault = "RuntimeError is not raised" if raised else "the gradient is silently wrong"
            return f"The {over} was overwritten before backward, and {fault}."
    return None


@check(x=two_axes, examples=8, expect=relation(never_wrong), after=("gradient",))
def overwritten(impl, x):
    """If x or the result is overwritten before backward, it is right or raises RuntimeError."""

    def gradient(over):
        one = leaf(x)
        given = one * 1
        result = impl.MemoryLeanSwish.apply(given)
        with torch.no_grad():
            [x * 1, given, result][over].add_(1)
        return gradients(result, [one])[0]

    return [gradient(0), attempt(gradient, 1), attempt(gradient, 2)]


def most(x):
    """Bytes: one tensor like x for every call, and room for temporaries (ten in float64)."""
    return (CALLS * x.itemsize + 80) * x.numel()


@check(
    x=tensors(3, st.sampled_from([3, 30]), dtype=choice([torch.float32, torch.bfloat16])),
    examples=4,
    expect=work(live_bytes=most),
    after=("gradient",),
)
def lean(impl, x):
    """Until backward a call keeps at most one tensor of the size of x, of whatever kind."""
    x, sums = x + 24, []  # so large that 100 calls change little
    zero = torch.zeros((), requires_grad=True)
    for _ in range(CALLS):
        with torch.no_grad():
            x = impl.MemoryLeanSwish.apply(x)  # the input is a result itself, so that it counts
        sums.append(impl.MemoryLeanSwish.apply(x.detach().add_(zero)).sum())  # result dropped
    return sums
