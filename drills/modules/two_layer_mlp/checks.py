import math

import torch
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from drill.grader.cases import FLOATS, Sizes, choice, ints, seeds, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, relation

s, units = Sizes("N M", high=5), Sizes("I H O", high=6)
dtypes = st.shared(choice(FLOATS), key="dtype")
some, one, none = slice(None), slice(0, 1), slice(0, 0)
# Of (N, M, I) these leave (N, I), (N, M, I), (I), (0, I), (1, I) and (1, 0, I).
cuts = st.sampled_from([(some, 0), (some, some), (0, 0), (none, 0), (one, 0), (one, none)])


def case(*regimes, dtype=dtypes):
    """Draws for x and the four parameters, the second weight and bias in quarters of a number."""
    shapes = (units.H, units.I), (units.H,), (units.O, units.H), (units.O,)
    x = tensors(s.N, s.M, units.I, dtype=dtype, regimes=regimes)
    first, bias, second, end = (tensors(*sizes, dtype=dtype, regimes=regimes) for sizes in shapes)
    values = st.tuples(first, bias, second.map(quarter), end.map(quarter))
    return {"x": st.builds(torch.Tensor.__getitem__, x, cuts), "values": values}


def quarter(x):
    """A quarter of x."""
    return x / 4


def weights(model):
    """Its four parameters, in order."""
    return [model.fc1.weight, model.fc1.bias, model.fc2.weight, model.fc2.bias]


def model_of(impl, values, sign=1):
    """A model of the learner's that holds these values."""
    (hidden, inputs), classes = values[0].shape, len(values[3])
    model = impl.MLPClassifier(inputs, hidden, classes).to(values[0].dtype)
    with torch.no_grad():
        for parameter, value in zip(weights(model), values, strict=True):
            parameter.copy_(sign * value)
    return model


def complaint(value, inputs, hidden, classes):
    """What is wrong with the names, shapes or first values of the parameters of two models."""
    shapes = {"fc1.weight": (hidden, inputs), "fc1.bias": (hidden,)}
    shapes |= {"fc2.weight": (classes, hidden), "fc2.bias": (classes,)}
    for parameters, trained, saved in value:
        found = {name: tuple(one.shape) for name, one in parameters.items()}
        if found != shapes:
            return f"The parameters are {found}; they should be {shapes}."
        if not all(trained) or not set(shapes) <= set(saved):
            return "A parameter has no gradient, is not float32, or is missing in state_dict()."
        if not all(one.isfinite().all() for one in parameters.values()):
            return "The first values are not finite."
        layers = [one for one in parameters.values() if one.dim() == 2 and one.numel() > 1]
        if any(one.max() == one.min() for one in layers):
            return "The first values of a weight are all equal."
    return None


sizes = {"inputs": ints(1, 7), "hidden": ints(1, 7), "classes": ints(1, 7)}


@check(**sizes, examples=8, expect=relation(complaint))
def parameters(impl, inputs, hidden, classes):
    """Weight and bias of fc1 and fc2 are registered and trained, of the right shapes; no others."""
    found, named = [], {"hidden": hidden, "num_classes": classes, "in_features": inputs}
    for one in impl.MLPClassifier(inputs, hidden, classes), impl.MLPClassifier(**named):
        held = dict(one.named_parameters())
        trained = [p.requires_grad and p.dtype == torch.float32 for p in held.values()]
        found.append((held, trained, dict(one.state_dict())))
    return found


numbers = close(terms=64.0)  # a sum may cancel, and each of its terms may have been rounded


@check(**case("small", "normal", "tiny"), examples=26, expect=numbers)
def matches(impl, x, values):
    """Gives the logits fc2(relu(fc1(x))), for (I), (N, I) and more leading axes, some 0 or 1."""
    model, (first, bias, second, end) = model_of(impl, values), values
    k = min(first.shape)
    single = model_of(impl, (first, bias, second[:1], end[:1]))
    square = model_of(impl, (first[:k, :k], bias[:k], second[:, :k], end))
    return model(x), model(x=-x), single(x), square(x[..., :k])


@check(**case("small", "normal"), examples=14, expect=numbers, after=("matches",))
def current(impl, x, values):
    """Uses what the parameters hold at the call, in either mode, with a graph or without, and
    however they were changed: in place, by load_state_dict, or replaced. Models share nothing."""
    model, other = model_of(impl, values), model_of(impl, values, -1)
    found = [model(x), model.eval()(x), other(x)]
    with torch.no_grad():
        found.append(model(x))
        for parameter in weights(model):
            parameter.neg_()
        found.append(model(x))
        for parameter in weights(model):
            parameter.data.mul_(-0.5)  # no version counter tells of it
        found.append(model(x))
        model.load_state_dict(other.state_dict())
        found += [model(x), model.train()(x)]
    model.fc1.weight, model.fc2.bias = nn.Parameter(values[0]), nn.Parameter(256 * values[3])
    return [*found, model(x), other.eval()(x)]


names = ["all"] * 4 + ["x", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
both = st.shared(choice(list(zip(names, [*FLOATS, *FLOATS, *FLOATS], strict=False))), key="both")
wanted, its_dtype = both.map(lambda pair: pair[0]), both.map(lambda pair: pair[1])


@check(
    wanted=wanted,
    **case("small", dtype=its_dtype),
    examples=20,
    expect=numbers,
    after=("matches",),
)
def gradient(impl, wanted, x, values):
    """The gradients reach x and the parameters, whichever of them require one, and are right."""
    first, bias, *rest = values
    model, x = model_of(impl, (first, bias + 0.5, *rest)), x.detach()  # no inner sum is 0
    leaves = {"x": x, **dict(model.named_parameters())}
    for name, leaf in leaves.items():
        leaf.requires_grad_(wanted in (name, "all"))
    chosen = [leaf for _, leaf in sorted(leaves.items()) if leaf.requires_grad]
    return gradients(model(x), chosen)


def rings(seed):
    """400 points in two noisy rings, at the radii 1 and 2, and the ring of each."""
    source = torch.Generator().manual_seed(seed)
    ring = torch.arange(400) % 2
    angle = 2 * math.pi * torch.rand(400, generator=source)
    radius = 1 + ring + 0.1 * torch.randn(400, generator=source)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1), ring


def adam(model, x, y, steps, lr=0.01):
    """Up to so many full-batch steps of torch.optim.Adam's, until 99% are right."""
    held = list(model.parameters())
    means, squares = ([torch.zeros_like(p) for p in held] for _ in range(2))
    for step in range(1, steps + 1):
        logits = model(x)
        if step % 20 == 0 and (logits.argmax(-1) == y).double().mean() > 0.99:
            break
        slopes = torch.autograd.grad(F.cross_entropy(logits, y), held)
        with torch.no_grad():
            for p, slope, mean, square in zip(held, slopes, means, squares, strict=True):
                mean.lerp_(slope, 0.1)
                square.lerp_(slope * slope, 0.001)
                root = (square / (1 - 0.999**step)).sqrt_().add_(1e-8)
                p.addcdiv_(mean, root, value=-lr / (1 - 0.9**step))


def separates(value, seed):
    """What is wrong with the logits of the trained model."""
    right = (value.argmax(-1) == rings(seed)[1]).double().mean()
    few = "After 300 steps fewer than 95% of the points are in the class of the largest logit."
    return None if value.shape == (400, 2) and right >= 0.95 else few


@check(seed=seeds, examples=3, expect=relation(separates), after=("current", "gradient"))
def trains(impl, seed):
    """Two noisy rings are told apart within 300 steps of Adam, from its own first values."""
    x, ring = rings(seed)
    model = impl.MLPClassifier(2, 32, 2)
    adam(model, x, ring, 300)
    return model.eval()(x).detach()
