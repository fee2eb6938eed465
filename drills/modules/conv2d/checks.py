from operator import itemgetter

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, Sizes, choice, lay_out, make_tensor, seeds
from drill.grader.checks import check, gradients, refuses
from drill.grader.expect import close, relation

NAMES = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "bias")
# How kernel_size, stride and padding are given (0: as a pair, 1: a number, 2: as the kernel is,
# None: left out), bias, and how many arguments by position.
FORMS = [
    (1, None, None, None, 3),
    (0, 2, None, None, 4),
    (0, 0, 0, None, 5),
    (1, 1, 1, True, 0),
    (0, None, 1, False, 2),
    (1, 2, None, True, 0),
    (1, 0, None, False, 4),
    (0, 1, 0, True, 6),
    (1, None, 0, None, 0),
    (0, 0, None, True, 2),
    (1, 0, 0, False, 6),
]
LAYOUTS = ("contiguous", "channels_last", "transposed", "sliced", "repeated")
ASKED = ("all", "x", "weight", "bias")
COMBINED = [(FORMS[n % 11], FLOATS[n % 4], LAYOUTS[n % 5], ASKED[n // 4 % 4]) for n in range(20)]
# Too large for narrower types, or with digits that they don't have
LEVELS = {torch.float16: 1, torch.bfloat16: 2.0**40, torch.float32: 2.0**70, torch.float64: 1e200}
REFUSED = [  # a layer's arguments, and the shape of an input that does not fit
    ((2, 3, 3), (2, 1, 6, 5)),
    ((2, 4, 3), (2, 4, 5, 6)),
    ((4, 2, (2, 3)), (1, 2, 5, 6)),
    ((1, 3, 3), (2, 3, 5, 4)),
    ((3, 2, 2), (3, 4, 5, 5)),
    ((2, 3, 3), (1, 2, 2, 6)),
    ((3, 2, (2, 3)), (2, 3, 6, 2)),
    ((2, 3, 5, 3, 1), (2, 2, 2, 6)),
    ((2, 3, (3, 5), (2, 3), (0, 1)), (1, 2, 6, 2)),
    ((1, 1, (4, 3), 1, (0, 3)), (1, 1, 3, 3)),
]
PARTS = ("args", "named", "weight", "bias", "x", "wanted")
ERRORS = (ValueError, RuntimeError)
s = Sizes("N C O", high=4)


def arranged(values, layout):
    """The values in a memory layout; "repeated" has one sample many times, with stride 0."""
    if layout == "channels_last":
        return values.contiguous(memory_format=torch.channels_last)
    return values[:1].expand_as(values) if layout == "repeated" else lay_out(values, layout)


def problem(combined, batch, inputs, outputs, pairs, more, regime, seed):
    """A layer's arguments, a fitting input, and values for its parameters."""
    (*forms, bias, positions), dtype, layout, wanted = combined
    given = [{0: pair, 1: pair[0]}.get(form) for form, pair in zip(forms, pairs, strict=True)]
    given[1] = given[0] if forms[1] == 2 else given[1]
    named = dict(zip(NAMES, [inputs, outputs, *given, bias], strict=True))
    named = {name: value for name, value in named.items() if value is not None}
    args = [named.pop(name) for name in NAMES[:positions]]
    kernel, padding = (v if isinstance(v, tuple) else (v or 0,) * 2 for v in given[::2])
    height, width = (max(k - 2 * p, 1) + m for k, p, m in zip(kernel, padding, more, strict=True))
    x = make_tensor((batch, inputs, height, width), dtype, regime, "contiguous", seed)
    weight = make_tensor((outputs, inputs, *kernel), dtype, regime, "contiguous", seed + 1)
    shift = make_tensor((outputs,), dtype, regime, "contiguous", seed + 2)
    shift = None if bias is False else shift
    return dict(zip(PARTS, (args, named, weight, shift, arranged(x, layout), wanted), strict=True))


def two(low, high):
    """Draws for two different numbers."""
    return st.permutations(range(low, high + 1)).map(lambda drawn: tuple(drawn[:2]))


def problems(count, *regimes, parts=5):
    """Draws for the first parts of a problem, which fit each other, in `count` combinations."""
    pairs = st.tuples(two(1, 3), two(1, 3), two(0, 3))
    more = st.tuples(st.integers(0, 5), st.integers(0, 5))
    draws = choice(COMBINED[:count]), s.N, s.C, s.O, pairs, more, st.sampled_from(regimes), seeds
    drawn = st.shared(st.builds(problem, *draws), key=(count, *regimes))
    return {name: drawn.map(itemgetter(name)) for name in PARTS[:parts]}


def layer_of(impl, args, named, weight, bias):
    """A layer of the learner's that holds these values."""
    layer = impl.Conv2d(*args, **named).to(weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer


# Sums may cancel, and each of their terms may have been rounded
maps = close(axes=(-2, -1), terms=16, graph=False)


@check(**problems(20, "small", "normal"), examples=20, expect=maps)
def matches(impl, args, named, weight, bias, x):
    """Is the sum over channels and window, by the definition, for each form of the arguments,
    each dtype and each memory layout; the output has the size of the formula."""
    layer = layer_of(impl, args, named, weight, bias)
    return layer(x), layer(x=-x.flip(0))


def complaint(value, args, named, weight, bias):
    """What is wrong with the names, shapes or first values of a layer's parameters."""
    parameters, trained, saved, none = value
    found = {name: tuple(one.shape) for name, one in parameters.items()}
    shapes = {"weight": tuple(weight.shape)} | ({} if bias is None else {"bias": tuple(bias.shape)})
    if found != shapes or none != (bias is None):
        return "The parameters are not weight (out, in, kh, kw) and bias (out,), or None without."
    if not all(trained) or set(saved) & {"weight", "bias"} != set(shapes):
        return "A parameter is not trained, not float32, or missing in state_dict()."
    first = parameters["weight"]
    equal = first.numel() > 1 and first.max() == first.min()
    if equal or not all(one.isfinite().all() for one in parameters.values()):
        return "The first values are not finite, or those of the weight are all equal."
    return None


@check(**problems(11, "small", parts=4), examples=11, expect=relation(complaint), after=())
def parameters(impl, args, named, weight, bias):
    """weight and bias are registered, are trained, and no others; without a bias it is None."""
    layer = impl.Conv2d(*args, **named)
    found = dict(layer.named_parameters())
    trained = [p.requires_grad and p.dtype == torch.float32 for p in found.values()]
    return found, trained, list(layer.state_dict()), layer.bias is None


@check(**problems(8, "small", "normal"), examples=8, expect=maps, after=("matches",))
def current(impl, args, named, weight, bias, x):
    """Uses what the parameters hold at the call, however they were changed, in either mode, with
    a graph or without, for an input of another size or dtype. Layers share nothing."""
    layer, other = (layer_of(impl, args, named, w, bias) for w in (weight, -weight))
    impl.Conv2d(2, 3, (3, 2), (3, 2), 4)
    found = [layer(x), layer.eval()(x), other(x)]
    with torch.no_grad():
        found.append(layer(x.repeat(2, 1, 2, 1)))
        for parameter in layer.parameters():
            parameter.mul_(2)
        found.append(layer(x))
        for parameter in layer.parameters():
            parameter.data.neg_()  # no version counter tells of it
        found.append(layer(x.repeat(1, 1, 1, 2)))
        layer.load_state_dict(other.state_dict())
        found += [layer(x), layer.train()(x)]
    layer.weight = nn.Parameter(weight.flip(0).contiguous(memory_format=torch.channels_last))
    if bias is not None:
        layer.bias = nn.Parameter(bias.flip(0))
    with torch.no_grad():
        found.append(layer(x))
        layer.weight.data.neg_()
        found.append(layer(x))
    return [*found, layer(x), layer.double()(x.double()), other(x)]


digits = close(oracle="as drawn", loosen=0.1, graph=False)


@check(**problems(4, "normal"), examples=4, expect=digits)
def picks(impl, args, named, weight, bias, x):
    """A kernel with a single 1, without bias, gives entries of x to the last digit, in each dtype
    and over its range."""
    chosen = torch.zeros_like(weight).flatten(1)
    for out, kernel in enumerate(chosen):
        kernel[out * 5 % len(kernel)] = 1
    bias = None if bias is None else torch.zeros_like(bias)
    layer = layer_of(impl, args, named, chosen.reshape(weight.shape), bias)
    x = x * LEVELS[x.dtype]
    return torch.cat([layer(x).flatten(), x.flatten()])  # errors are judged by the size of x


@check(**problems(16, "small", parts=6), examples=16, expect=maps, after=("matches",))
def gradient(impl, args, named, weight, bias, x, wanted):
    """The gradients reach x, weight and bias, whichever of them requires one, and are right."""
    layer, x = layer_of(impl, args, named, weight, bias), x.detach()
    layer.train(len(x) % 2 == 0)
    three = {"x": x, "weight": layer.weight, "bias": layer.bias}
    there = {name: one for name, one in three.items() if one is not None}
    for name, one in there.items():
        one.requires_grad_(wanted in (name, "all"))
    asked = [one for one in there.values() if one.requires_grad]
    return gradients(layer(x), asked) if asked else layer(x)


@check(problem=choice(REFUSED), examples=10, after=())
def refusal(impl, problem):
    """A wrong number of channels, or too small an input, raises ValueError or RuntimeError."""
    args, shape = problem
    layer, x = impl.Conv2d(*args), torch.ones(shape)
    return refuses(ERRORS, layer, x), x
