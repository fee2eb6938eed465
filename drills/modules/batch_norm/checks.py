from itertools import product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import Sizes, choice, ints, tensors
from drill.grader.checks import check, gradients, refuses
from drill.grader.expect import close, exact, relation

s = Sizes("N C L", high=6)
units = Sizes("I H O", high=5)
OPTIONS = [{}, {"eps": 0.3}, {"momentum": 0.25}, {"eps": 1e-3, "momentum": 0.7}]
OPTIONS += [{"eps": 2.0, "momentum": 1.0}, {"momentum": 0.0}, {"eps": 1e-4, "momentum": 0.02}]
WIDE, FORMS = [torch.float32, torch.float64], ["(N, C, L)", "(N, C)", "constant"]
kinds = st.shared(choice([*product(FORMS, WIDE)]), key="kind")
dtypes, full = kinds.map(lambda kind: kind[1]), st.shared(choice(WIDE), key="dtype")
# By feature. A constant feature's rounding is divided by sqrt(eps).
near = close(axes=(0, 2), terms=4000)


def batch(kind, x):
    """x (N, C, L) as it is, with a constant feature, or as (n, C) with n > 1."""
    if kind[0] == "constant":
        x[:, :1] = x[:1, :1, :1]
    if kind[0] == "(N, C)":
        return x[..., 0] if len(x) > 1 else x[0].T
    return x


batches = st.builds(batch, kinds, tensors(s.N, s.C, s.L, dtype=dtypes))
data = {"x": batches, "values": tensors(4, s.C, dtype=dtypes), "options": st.sampled_from(OPTIONS)}


def layer_of(impl, values, options=None, named=True):
    """A layer of the learner's; the rows of values are weight, bias and the running statistics."""
    given = options or {}
    ordered = () if named else (given.get("eps", 1e-5), given.get("momentum", 0.1))
    layer = impl.BatchNorm1d(values.shape[1], *ordered, **(given if named else {}))
    layer = layer.to(values.dtype)
    with torch.no_grad():
        layer.weight.copy_(values[0])
        layer.bias.copy_(values[1])
        layer.running_mean.copy_(values[2])
        layer.running_var.copy_(values[3].abs() + 0.5)
    return layer


def statistics(layer):
    """The running statistics as they are now, each a row."""
    return [layer.running_mean.clone()[None], layer.running_var.clone()[None]]


@check(features=ints(1, 9), examples=3, expect=exact())
def parameters(impl, features):
    """weight (ones) and bias (zeros) are trained; running_mean (zeros) and running_var (ones) are
    buffers in state_dict()."""
    layer = impl.BatchNorm1d(num_features=features)
    buffers = {name: one for name, one in layer.named_buffers() if name.startswith("running_")}
    saved = [name for name in ("weight", "bias", *buffers) if name in layer.state_dict()]
    return dict(layer.named_parameters()), buffers, saved


@check(**data, named=st.booleans(), examples=24, expect=near)
def normalises(impl, x, values, options, named):
    """In training, (N, C) and (N, C, L) are normalised by their own mean and biased variance."""
    layer = layer_of(impl, values, options, named)
    with torch.no_grad():
        found = [layer(x=3 * x)]
        layer.bias.add_(1)
    turned = x[..., None] if x.dim() == 2 else x.movedim(1, -1).flatten(0, 1)
    return [*found, layer(x), layer(torch.cat([x, 1 - x])), layer(turned)]


@check(**data, examples=12, expect=near, after=("normalises",))
def tracks(impl, x, values, options):
    """Training calls, also under no_grad, move the running statistics by momentum towards the
    batch's mean and unbiased variance; they carry no graph."""
    layer, other = layer_of(impl, values, options), layer_of(impl, -values)
    x = x.detach().requires_grad_()
    layer(x)
    found = statistics(layer)
    with torch.no_grad():
        layer(torch.cat([1 - x, 2 * x]))
    found += [*statistics(layer), layer(x), *statistics(layer), *statistics(other)]
    layer.requires_grad_(False)(x.detach() / 2)
    return [*found, *statistics(layer)]


@check(**data, examples=14, expect=near, after=("tracks",))
def evaluates(impl, x, values, options):
    """Evaluation uses the running statistics as they are then, for a batch of 1 too, and leaves
    them alone; state_dict() carries them over."""
    layer, other = layer_of(impl, values, options), layer_of(impl, -values, options)
    model = nn.Sequential(layer).eval()
    other(2 * x)
    other.eval()
    found = [layer(x), layer(x[:1]), layer(x=x[:1, ..., :1] if x.dim() == 3 else x[1:2])]
    found += statistics(layer)
    model.train()(x)
    model.eval()
    with torch.no_grad():
        found += [layer(x + 1), *statistics(layer), other(x)]
        other.load_state_dict(layer.state_dict())
        layer.running_mean.data.add_(1)  # no version counter tells of it
        layer.running_var.data.mul_(2)
        layer.weight.mul_(3)
        return [*found, layer(x), *statistics(layer), other(x), *statistics(other)]


# In float32 a mean of 10,000 has a rounding error of 5e-4, whoever computes it.
@check(
    level=st.sampled_from([1_000, -4_000, 10_000]),
    x=tensors(s.C, ints(3, 9), regimes=("spaced",)),
    values=tensors(4, s.C),
    deep=st.booleans(),
    examples=8,
    expect=close(axes=(0, 2), loosen=200),
    after=("tracks",),
)
def offset(impl, level, x, values, deep):
    """Stays accurate where features are far from 0 and from each other, their values close."""
    level = level * x.new_tensor([1, -0.5, 0.25])[torch.arange(len(x)) % 3]
    x = 8 * x.T + level
    layer = layer_of(impl, values, {"eps": 1e-6})
    return layer(x.T[None] if deep else x), *statistics(layer)


@check(
    way=choice([*product([True, False], ["all", "x", "weight", "bias"])]),
    **data,
    examples=16,
    expect=close(axes=(0, 2), terms=1e4),  # a constant feature's is as large as 1 / sqrt(eps)
    after=("evaluates",),
)
def gradient(impl, way, x, values, options):
    """The gradients reach x (in training through mean and variance), weight and bias, whichever
    requires one, and belong to their own call of two that wait, in the mode it had."""
    train, wanted = way
    layer, x = layer_of(impl, values, options).train(train), x.detach()
    three = {"x": x, "weight": layer.weight, "bias": layer.bias}
    for name, one in three.items():
        one.requires_grad_(wanted in (name, "all"))
    other = 1 - x / 2
    outs = [layer(x).transpose(0, 1), layer(other) + other]  # one gradient arrives at both terms
    layer.train(not train)
    return gradients(outs, [one for one in three.values() if one.requires_grad])


F16, BF16, F32 = torch.float16, torch.bfloat16, torch.float32
HALVES = [  # the dtypes of x and of the layer, the size and level of x
    (F16, F16, 3.0, 20.0),
    (BF16, BF16, 3.0, 20.0),
    (F16, F32, 30.0, 400.0),
    (BF16, F32, 1.0, 0.0),
    (F16, F16, 1.0, 0.0),
    (BF16, F32, 30.0, 400.0),
    (F16, F32, 1e4, 0.0),
    (F16, F16, 300.0, 0.0),  # a variance that does not fit, a tenth of which does
    (BF16, BF16, 0.0, 3.0),
]
forms = st.shared(choice(HALVES), key="form")


def rounded(value, form, x, values):
    """What is wrong with half-precision results, statistics or gradients."""
    (dtype, stored, factor, shift), (train, still, statistics, slopes) = form, value
    leaf = (factor * x + shift).double().requires_grad_()
    weight, bias, *old = (row.to(stored) for row in values)
    old[1] = old[1].abs() + 0.5  # in the dtype of the layer
    weight, bias = (row.double().requires_grad_() for row in (weight, bias))
    rows = leaf.detach().movedim(1, -1).flatten(0, -2)
    batch, room = (rows.mean(0), rows.var(0)), (rows.abs().mean(0), rows.var(0))
    for before, after, one, scale in zip(old, statistics, batch, room, strict=True):
        if after.dtype != stored:
            return f"A running statistic became {after.dtype}; it should stay {stored}."
        error = (after.double() - 0.9 * before.double() - 0.1 * one).abs()
        if not (error <= 16 * torch.finfo(stored).eps * (before.abs() + scale)).all():
            return "A running statistic is off by more than rounding."
    eps, x = torch.finfo(dtype).eps, leaf.movedim(1, -1)  # features last
    mean, var = x.flatten(0, -2).mean(0), x.flatten(0, -2).var(0, unbiased=False)
    steady = [one[0].double() for one in statistics]
    for out, mean, var in (still, *steady), (train, mean, var):  # noqa: B020
        normal = (x - mean) * (var + 1e-5).rsqrt()
        wanted, most = normal * weight + bias, (normal * weight).abs() + bias.abs()
        if (out.dtype, out.shape) != (dtype, leaf.shape):
            return f"The result is {out.dtype} of shape {tuple(out.shape)}."
        error = (out.double().movedim(1, -1) - wanted).abs()
        if not (error <= 3 * eps * most.flatten(0, -2).amax(0) + 1e-9).all():
            return "A result is off by more than float32 inside would make it."
    rights = gradients(wanted.movedim(-1, 1), [leaf, weight, bias])
    slope = ((var + 1e-5).rsqrt() * weight.abs()).expand_as(x).movedim(-1, 1)
    room = slope, normal.abs().flatten(0, -2).sum(0), len(rows)
    for got, right, most in zip(slopes, rights, room, strict=True):
        if got is None or not ((got - right).abs() <= 4 * eps * most + 1e-9).all():
            return "A gradient is missing, or off by more than float32 inside would make it."
    return None


@check(
    form=forms,
    x=st.builds(
        lambda flat, x: x[..., 0] if flat else x,
        st.booleans(),
        tensors(ints(2, 9), s.C, s.L, dtype=forms.map(lambda form: form[0]), regimes=("normal",)),
    ),
    values=tensors(4, s.C, regimes=("normal",)),
    examples=16,
    expect=relation(rounded),
    after=("offset", "gradient"),
)
def half_types(impl, form, x, values):
    """float16 and bfloat16 are kept and as accurate as float32 inside makes them, whether the
    layer is of that dtype or float32; so are gradients, and running statistics keep theirs."""
    _, stored, factor, shift = form
    x = (factor * x + shift).requires_grad_()
    layer = layer_of(impl, values.to(stored))
    out = layer(x)
    slopes = gradients(out, [x, layer.weight, layer.bias])
    return out, layer.eval()(x), statistics(layer), slopes


@check(
    x=tensors(2, ints(2, 5), dtype=full),
    graph=choice([True, False]),
    examples=6,
    expect=close(axes=(0, 2), terms=2000, graph=False),
    after=("evaluates",),
)
def refusal(impl, x, graph):
    """In training a single value a feature raises ValueError and changes nothing."""
    layer = impl.BatchNorm1d(x.shape[1]).to(x.dtype)
    layer(x)
    before = {name: one.clone() for name, one in layer.state_dict().items()}
    with torch.set_grad_enabled(graph):
        found = [refuses((ValueError,), layer, one) for one in (x[:1], x[1:, :, None])]
        model = impl.BatchNormMLP(x.shape[1], 3, 2).to(x.dtype)
        found.append(refuses((ValueError,), model, x[:1]))
    kept = all(torch.equal(one, before[name]) for name, one in layer.state_dict().items())
    return found, {"state_dict() unchanged": kept}, layer(x), layer(x.T[None]), statistics(layer)


@check(
    x=tensors(ints(2, 6), units.I, dtype=full),
    fc1=tensors(units.H, units.I, dtype=full, regimes=("normal",)),
    fc2=tensors(units.O, units.H, dtype=full),
    values=tensors(4, units.H, dtype=full, regimes=("normal",)),
    examples=14,
    expect=close(terms=1e4),
    after=("gradient",),
)
def network(impl, x, fc1, fc2, values):
    """BatchNormMLP is fc1, bn (a BatchNorm1d of yours), ReLU, fc2; both modes, all gradients."""
    model = impl.BatchNormMLP(fc1.shape[1], num_classes=len(fc2), hidden=len(fc1)).to(x.dtype)
    named = dict(sorted(model.named_parameters()))
    with torch.no_grad():
        for layer, weight, bias in (model.fc1, fc1, values[2]), (model.fc2, fc2, fc2[:, 0]):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
        model.bn.weight.copy_(values[0])
        model.bn.bias.copy_(values[1])
    x = x.detach().requires_grad_()
    out = model(x)
    slopes = gradients(out, [x, *named.values()])
    found = list(named), isinstance(model.bn, impl.BatchNorm1d), out, statistics(model.bn)
    return *found, model.eval()(x[:1]), statistics(model.bn), slopes
