import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, Sizes, choice, ints, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close, relation

s, units = Sizes("N M", high=5), Sizes("I O", high=6)
dtypes = st.shared(choice(FLOATS), key="dtype")
some, one, none = slice(None), slice(0, 1), slice(0, 0)
# Of (N, M, I) these leave (N, I), (I), (0, I), (1, I), (N, M, I) and (1, 0, I).
cuts = choice([(some, 0), (0, 0), (none, 0), (one, 0), (some, some), (one, none)])


def case(*regimes):
    """Draws for x, weight and bias."""
    shapes = (s.N, s.M, units.I), (units.O, units.I), (units.O,)
    x, weight, bias = (tensors(*sizes, dtype=dtypes, regimes=regimes) for sizes in shapes)
    return {"x": st.builds(torch.Tensor.__getitem__, x, cuts), "weight": weight, "bias": bias}


def layer_of(impl, weight, bias):
    """A layer of the learner's that holds these values."""
    layer = impl.LinearReLU(weight.shape[1], weight.shape[0]).to(weight.dtype)
    with torch.no_grad():
        layer.linear.weight.copy_(weight)
        layer.linear.bias.copy_(bias)
    return layer


def complaint(value, inputs, outputs):
    """What is wrong with the names, shapes or first values of the parameters of two layers."""
    shapes = {"linear.weight": (outputs, inputs), "linear.bias": (outputs,)}
    for parameters, trained, saved in value:
        found = {name: tuple(one.shape) for name, one in parameters.items()}
        if found != shapes:
            return f"The parameters are {found}; they should be {shapes}."
        if not all(trained) or not set(shapes) <= set(saved):
            return (
                "A parameter requires no gradient, is not float32, or is missing in state_dict()."
            )
        weight, bias = (parameters[name] for name in shapes)
        equal = weight.numel() > 1 and weight.max() == weight.min()
        if equal or not (weight.isfinite().all() and bias.isfinite().all()):
            return "The first values are not finite, or those of the weight are all equal."
    return None


@check(inputs=ints(1, 7), outputs=ints(1, 7), examples=10, expect=relation(complaint))
def parameters(impl, inputs, outputs):
    """linear.weight (out, in) and linear.bias (out,) are registered, are trained, and no others."""
    layer, found = impl.LinearReLU(inputs, outputs), []
    for one in layer, impl.LinearReLU(out_features=outputs, in_features=inputs):
        named = dict(one.named_parameters())
        trained = [p.requires_grad and p.dtype == torch.float32 for p in named.values()]
        found.append((named, trained, dict(one.state_dict())))
    return found


numbers = close(terms=16.0)  # a sum may cancel, and each of its terms may have been rounded
many = case("small", "normal", "tiny")


@check(**many, examples=36, expect=numbers)
def matches(impl, x, weight, bias):
    """Is relu(x W^T + b), for (I), (N, I) and more leading axes, some of them 0 or 1."""
    layer = layer_of(impl, weight, bias)
    return layer(x), layer(x=-x)


@check(**many, examples=16, expect=numbers, after=("matches",))
def current(impl, x, weight, bias):
    """Uses what the parameters hold at the call, in either mode, with a graph or without, and
    however they were changed: in place, by load_state_dict, or replaced. Layers share nothing."""
    layer, other = layer_of(impl, weight, bias), layer_of(impl, -weight, bias)
    found = [layer(x), layer.eval()(x), other(x)]
    with torch.no_grad():
        found.append(layer(x))
        layer.linear.weight.neg_()
        layer.linear.bias.mul_(2)
        found.append(layer(x))
        layer.linear.weight.data.neg_()  # no version counter tells of it
        layer.linear.bias.data.neg_()
        found.append(layer(x))
        layer.load_state_dict(other.state_dict())
        found += [layer(x), layer.train()(x)]
    # Whole numbers, whose sums are exact in bfloat16 but too large for float16
    level = 1 if x.dtype == torch.float16 else 2**14
    layer.linear.weight = nn.Parameter(weight.round())
    layer.linear.bias = nn.Parameter(bias.round() * level)
    return [*found, layer(x.round() * level), other(x)]


@check(
    wanted=choice(["all", "x", "weight", "bias"]),
    **case("small"),
    examples=24,
    expect=close(terms=4.0),
    after=("matches",),
)
def gradient(impl, wanted, x, weight, bias):
    """The gradients reach x, weight and bias, whichever of them requires one, and are right."""
    layer, x = layer_of(impl, weight, bias + 0.5), x.detach()  # no sum is 0
    three = {"x": x, "weight": layer.linear.weight, "bias": layer.linear.bias}
    for name, one in three.items():
        one.requires_grad_(wanted in (name, "all"))
    return gradients(layer(x), [one for one in three.values() if one.requires_grad])
