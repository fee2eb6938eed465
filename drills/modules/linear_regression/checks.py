from itertools import pairwise

import torch
from hypothesis import strategies as st

from drill.grader.cases import Sizes, choice, ints, seeds, tensors
from drill.grader.checks import check
from drill.grader.expect import close, relation

s = Sizes("N D", high=6)
dtypes = st.shared(choice([torch.float32, torch.float64]), key="dtype")
rates = st.sampled_from([0.01, 0.03, 0.002])
loose = close(loosen=10, terms=20.0)  # many steps, sums that may cancel
data = {"x": tensors(s.N, s.D, dtype=dtypes), "weight": tensors(1, s.D, dtype=dtypes)}
data |= {"bias": tensors(1, dtype=dtypes), "lr": rates}
column, flat = tensors(s.N, 1, dtype=dtypes), tensors(s.N, dtype=dtypes)


def model_of(impl, weight, bias):
    """A model of the learner's that holds these values."""
    model = impl.LinearRegression(weight.shape[1]).to(weight.dtype)
    with torch.no_grad():
        model.linear.weight.copy_(weight)
        model.linear.bias.copy_(bias)
    return model


def state(model):
    """What the two parameters hold."""
    return model.linear.weight.detach().clone(), model.linear.bias.detach().clone()


@check(inputs=ints(1, 7), examples=6)
def parameters(impl, inputs):
    """linear.weight (1, in) and linear.bias (1,) are registered, are trained, and no others."""
    found, models = [], [impl.LinearRegression(inputs), impl.LinearRegression(in_features=inputs)]
    for model in models:
        named = dict(model.named_parameters())
        facts = {name: (tuple(p.shape), p.dtype, p.requires_grad) for name, p in named.items()}
        found.append((facts, [bool(p.isfinite().all()) for p in named.values()]))
    return found


@check(**data, examples=16, expect=loose)
def predicts(impl, x, weight, bias, lr):
    """forward is x W^T + b, of shape (N, 1), with what the parameters hold at the call."""
    model, other = model_of(impl, weight, bias), model_of(impl, -weight, bias)
    found = [model(x), model(x=x[:1])]
    model.load_state_dict(other.state_dict())
    return [*found, model(x + lr)]


@check(
    **data,
    y=column,
    steps=ints(1, 6),
    scale=choice([1.0, 2.0**-20, 2.0**10]),
    examples=24,
    expect=loose,
    after=("predicts",),
)
def steps_right(impl, x, weight, bias, lr, y, steps, scale):
    """The losses before each step and the last parameters are those of plain gradient descent,
    for numbers of any size (they are shown divided by `scale`)."""
    model = model_of(impl, scale * weight, scale * bias)
    losses = impl.fit(model, x, scale * y, lr, steps)
    kinds = [type(loss).__name__ for loss in losses]
    found = [*state(model), model(x).detach()]
    losses = torch.tensor(losses, dtype=x.dtype) / scale**2
    return kinds, losses, [one / scale for one in found]


@check(**data, y=flat, steps=ints(1, 4), examples=10, expect=loose, after=("steps_right",))
def flat_target(impl, x, weight, bias, lr, y, steps):
    """y of shape (N,) gives what (N, 1) gives, also where N is 1."""
    found = []
    for given in (x, y), (x, y[:, None]), (x[:1], y[:1]), (x[:1], y[:1, None]):
        model = model_of(impl, weight, bias)
        found.append((impl.fit(model, *given, lr, steps), state(model)))
    return found


@check(**data, y=column, steps=ints(1, 3), examples=12, expect=loose, after=("steps_right",))
def continues(impl, x, weight, bias, lr, y, steps):
    """A call goes on from the present parameters: gradients and models of before don't count."""
    model, other = model_of(impl, weight, bias), model_of(impl, -weight, bias)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    found = []
    turns = ((model, steps, 1), (other, 2, 0.7), (model, 0, 1), (model.eval(), 1, 0.3))
    for one, size, part in (*turns, (model, steps, 0.5)):
        losses = impl.fit(steps=size, lr=part * lr, y=y, x=x, model=one)
        found.append((losses, type(losses).__name__, state(one), one(x)))
    return found


def well_posed(n, width, dtype, seed):
    """x with columns of about one size, and y = x w + 3 + noise."""
    source = torch.Generator().manual_seed(seed)
    x, noise = torch.randn(2, n, width, generator=source, dtype=torch.float64)
    x = torch.linalg.qr(x - x.mean(0)).Q * n**0.5 + 0.25
    return x.to(dtype), (2 * x.sum(1, True) + 3 + 0.3 * noise[:, :1]).to(dtype)


def least_squares(value, pair):
    """What is wrong with a long fit by its end; the exact answer is that of lstsq."""
    (losses, weight, bias), (x, y) = value, pair
    columns = torch.cat([x, torch.ones_like(y)], 1).double()
    best = torch.linalg.lstsq(columns, y.double()).solution[:, 0]
    if len(losses) != 150 or not (torch.cat([weight[0], bias]) - best).abs().max() <= 1e-4:
        return "After 150 steps, or fewer, the parameters are not those of least squares."
    if abs(losses[-1] - (columns @ best - y[:, 0]).square().mean()) > 1e-5:
        return "The last loss is not that of least squares."
    falls = all(later <= 1.0001 * loss for loss, later in pairwise(losses))
    return None if falls else "The loss does not fall from step to step."


# Some rows are more than fit into a chunk, and no multiple of its size
pairs = st.builds(well_posed, choice([9, 1100]), ints(1, 4), dtypes, seeds)


@check(pair=pairs, examples=4, expect=relation(least_squares), after=("steps_right",))
def converges(impl, pair):
    """On well-conditioned data the loss falls and the parameters become those of least squares."""
    model = impl.LinearRegression(pair[0].shape[1]).to(pair[0].dtype)
    return impl.fit(model, *pair, lr=0.1, steps=150), *state(model)
