import copy
from itertools import accumulate, pairwise, permutations

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import Sizes, choice, ints, seeds, tensors
from drill.grader.checks import check, refuses
from drill.grader.expect import close, relation, work

s = Sizes("B T D")
# Other random numbers would be drawn for float64 inputs.
same = close(oracle="as drawn")


class Layer(nn.Module):
    """tanh(x W + b) with dropout, which notes its calls.

    Odd ones have dropout in evaluation too, add an axis and have a weight without use.
    """

    def __init__(self, number, log, weights, p):
        super().__init__()
        self.number, self.log, self.p, self.odd = number, log, p, number % 2 == 1
        self.weight = nn.Parameter(weights[:-1].clone())
        self.bias = nn.Parameter(weights[-1].clone())
        self.spare = nn.Parameter(torch.ones(1)) if self.odd else None

    def forward(self, x):
        self.log.append(self.number)
        out = torch.tanh(x @ self.weight + self.bias)
        out = nn.functional.dropout(out, self.p, self.training or self.odd)
        return out[None] if self.odd else out


def split(count, share):
    """A number of layers, and of segments: 1, all, or something between."""
    return count, max(1, min(count, round(share * count)))


splits = st.builds(split, ints(1, 6), st.sampled_from([0.5, 0.0, 1.0, 0.3, 0.7]))
flags = st.booleans()
plain = {"split": splits, "x": tensors(s.B, s.D), "seed": seeds}
shapes = [(s.B, s.D), (s.B, s.T, s.D), (s.D,)]


def made(impl, split, x, seed, p=0.0, frozen=(), twice=False):
    """A stack of Layers as wide as x, each twice if so asked, and the list of their calls."""
    (count, segments), width, log = split, x.shape[-1], []
    source = torch.Generator().manual_seed(seed)
    drawn = 0.3 * torch.randn(count, width + 1, width, generator=source, dtype=torch.float64)
    layers = [Layer(number, log, one.to(x.dtype), p) for number, one in enumerate(drawn)]
    for number in frozen:
        layers[number % count].requires_grad_(False)
    if twice:
        layers = [layer for layer in layers for _ in range(2)]
    return impl.CheckpointedStack(layers, segments), log


def weighted(out):
    """A loss for which no two elements count the same."""
    places = torch.arange(out.numel(), dtype=out.dtype).reshape(out.shape)
    return (out * torch.cos(1 + 3 * places)).sum()


def slopes(stack, *inputs):
    """The gradients that arrived, by names."""
    found = {name: parameter.grad for name, parameter in stack.named_parameters()}
    return copy.deepcopy({"x": [x.grad for x in inputs], "parameters": found})


@check(
    kind=choice(["leaf", "constant", "computed"]),
    **plain | {"x": st.one_of(*(tensors(*shape) for shape in shapes))},
    frozen=st.lists(ints(0, 6), max_size=3),
    twice=flags,
    double=flags,
    examples=15,
)
def matches(impl, split, x, kind, seed, frozen, twice, double):
    """Results and gradients are those of the plain layers, whether or not x needs a gradient, in a
    second step too, with other parameters and layers."""
    x = x.double() if double else x
    stack, _ = made(impl, split, x, seed, frozen=frozen, twice=twice)
    leaf = x.detach().requires_grad_(kind != "constant")
    found = {}
    for step in ("first step", "second step"):
        out = stack(leaf / 2 if kind == "computed" else leaf)
        if leaf.requires_grad or any(one.requires_grad for one in stack.parameters()):
            weighted(out).backward()
        found[step] = {"out": out.detach(), **slopes(stack, leaf)}
        for parameter in stack.parameters():
            parameter.data.mul_(0.75)
        stack.layers[-1] = copy.deepcopy(stack.layers[-1])
        stack.layers[0].requires_grad_(not stack.layers[0].bias.requires_grad)
    layers = isinstance(stack.layers, nn.ModuleList), len(stack.layers)
    return found | {"layers": layers, "names": list(stack.state_dict())}


@check(**plain, needs=flags, p=ints(3, 6), train=flags, examples=10, expect=same)
def dropout(impl, split, x, needs, seed, p, train):
    """Dropout has the same masks in forward and backward, and the generator goes on as it would."""
    stack, _ = made(impl, split, x, seed, p / 10)
    x = x.detach().requires_grad_(needs)
    out = stack.train(train)(x)
    between = torch.rand(2)
    weighted(out).backward()
    drawn = {"drawn between": between, "drawn after": torch.rand(2)}
    return {"out": out} | slopes(stack, x) | drawn


@check(
    order=choice(["second first", "first first", "together"]),
    **plain,
    y=tensors(s.T, s.D),
    again=flags,
    examples=9,
    expect=same,
    after=("matches", "dropout"),
)
def waits(impl, split, x, y, seed, order, again):
    """Two calls, of the same x too, may wait for their backward passes, which may come in any
    order or together."""
    stack, _ = made(impl, split, x, seed, 0.4)
    inputs = [one.detach().requires_grad_() for one in (x, y)]
    losses = [weighted(stack(one)) for one in (inputs[0], inputs[0 if again else 1])]
    if order == "together":
        losses = [losses[0] + losses[1]]
    for loss in losses[::-1] if order == "second first" else losses:
        loss.backward()
    return slopes(stack, *inputs)


@check(**plain, needs=flags, train=flags, examples=6, expect=same)
def inference(impl, split, x, needs, seed, train):
    """Under no_grad, in either mode, each layer is called once and there is no graph."""
    stack, log = made(impl, split, x, seed, 0.4)
    with torch.no_grad():
        out = stack.train(train)(x.detach().requires_grad_(needs))
    return {"calls": log, "out": out, "drawn after": torch.rand(2)}


def orders(count, segments):
    """The calls that backward may make; those of the last segment may be missing."""
    even, most = [(count + place) // segments for place in range(segments)], -(-count // segments)
    found, rest_last = [], tuple(min(most, count - start) for start in range(0, count, most))
    for sizes in {*permutations(even), rest_last}:
        calls = []
        for size, end in reversed(list(zip(sizes, accumulate(sizes), strict=True))):
            calls += range(end - size, end)
        found += [calls, calls[sizes[-1] :]]
    return found


def badly_split(value, split, **_):
    """What is wrong with the order in which layers were called, in training and in evaluation."""
    for mode, (forward, backward) in value.items():
        runs = 1 + sum(after != before + 1 for before, after in pairwise(backward))
        if forward != list(range(split[0])):
            return f"In {mode} forward doesn't call each layer once, in order."
        if backward in orders(*split):
            continue
        if not backward:
            return f"In {mode} backward calls no layer again, so everything must have been kept."
        if len(set(backward)) < len(backward):
            return f"In {mode} one backward pass calls a layer more than once."
        if not split[1] - 1 <= runs <= split[1]:
            amount = "many" if runs > split[1] else "few"
            return f"In {mode} backward goes through too {amount} segments."
        return f"In {mode} backward doesn't go from the last of equal segments to the first."
    return None


layouts = [(3, 2), (5, 3), (4, 4), (6, 4), (5, 1), (7, 3), (8, 3), (1, 1)]


@check(**plain | {"split": choice(layouts)}, needs=flags, examples=12, expect=relation(badly_split))
def segments(impl, split, x, needs, seed):
    """Forward calls each layer once and backward at most once more, in as many segments, of equal
    or almost equal size, as were asked for; in evaluation mode too."""
    stack, log = made(impl, split, x, seed)
    found = {}
    for mode in ("training", "evaluation"):
        log.clear()
        out = stack.train(mode == "training")(x.detach().requires_grad_(needs))
        forward = list(log)
        weighted(out).backward()
        found[mode] = forward, log[len(forward) :]
    return found


@check(count=ints(1, 6), above=ints(1, 4), examples=4)
def refusals(impl, count, above):
    """A number of segments below 1 or above that of the layers raises ValueError."""
    layers = [nn.Linear(2, 2) for _ in range(count)]
    bad = [0, 1 - above, count + above, count + 1]
    found = [refuses((ValueError,), impl.CheckpointedStack, layers, number) for number in bad]
    return found, refuses((ValueError,), impl.CheckpointedStack, layers=[], segments=above)


def memory_limit(split, rows, train):
    """Bytes: a segment's input each, what one segment keeps, and what is in the making."""
    count, number = split
    return (number + 2 * count / number + 6) * rows * 8 * 4


@check(
    split=choice([(16, 4), (16, 2), (16, 8)]),
    rows=st.sampled_from([1024, 2048]),
    train=flags,
    examples=3,
    expect=work(live_bytes=memory_limit, values=same),
    after=("matches", "segments"),
)
def lean(impl, split, rows, train):
    """Memory in forward and backward is that of the segments' inputs and of one segment."""
    layers = [nn.Sequential(nn.Linear(8, 8), nn.GELU()) for _ in range(split[0])]
    stack = impl.CheckpointedStack(layers=layers, segments=split[1]).train(train)
    x = torch.linspace(-1, 1, rows * 8).reshape(rows, 8).requires_grad_()
    for _ in range(2):  # calls whose results are dropped
        stack(x)
    out = stack(x=x)
    out.sum().backward()
    return out[0], x.grad[0], layers[0][0].weight.grad
