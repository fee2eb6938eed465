from itertools import product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, choice, ints
from drill.grader.checks import check, refuses
from drill.grader.expect import exact

few = ints(0, 19)
NAN, WORST = 90, 91
deltas, modes = (0.0, 0.25, 0.125, 0.5), ("min", "max")
rules = choice([(delta, mode) for mode, delta in product(modes, deltas)])
patiences = st.sampled_from([2, 1, 3, 5])


def metrics(mode, walks, scale, drawn):
    """Metrics of epochs: ties, small steps, NaN; infinity on the worse side after a number."""
    sign, level, found = (1.0 if mode == "max" else -1.0), 0.0, []
    for code in drawn:
        if code == NAN:
            found.append(float("nan"))
        elif code == WORST:
            started = any(one == one for one in found)
            found.append(-sign * float("inf") if started else float("nan"))
        else:
            level = level + code if walks else float(code)
            found.append(sign * level * scale / 8)
    return found


steps = st.lists(
    st.sampled_from([1, 0, 2, -1, 1, 3, -3, 5, 0, NAN, WORST]), min_size=6, max_size=14
)


def epochs(rules, walks=None, steps=steps):
    """min_delta and mode; patience; metrics, in eighths, sometimes of minus a thousandth that."""
    walking = st.booleans() if walks is None else st.just(walks)
    scales = st.sampled_from([(1.0, 0), (2.0**-20, 0), (1.0, 40), (1.0, -40)])

    def build(rule, patience, walks, scale, drawn):
        size, shift = scale
        found = [one * 1.0 + shift for one in metrics(rule[1], walks, size, drawn)]
        return rule[0] * size, rule[1], patience, found

    return st.builds(build, rules, patiences, walking, scales, steps)


def stopper(impl, min_delta, mode, patience, named):
    """Made by keyword or in order, with defaults left out where they are meant."""
    if named:
        return impl.EarlyStopping(mode=mode, min_delta=min_delta, patience=patience)
    given = [patience, min_delta, mode][: 3 if mode != "min" else 2 if min_delta else 1]
    return impl.EarlyStopping(*given)


@check(case=epochs(rules), named=st.booleans(), examples=48, expect=exact())
def stops(impl, case, named):
    """Says stop after `patience` epochs in a row without an improvement, and only then."""
    *rule, seen = case
    stopping = stopper(impl, *rule, named)
    return [stopping.step(metric=one) if named else stopping.step(one) for one in seen]


@check(case=epochs(rules), examples=24, expect=exact(), after=())
def remembers(impl, case):
    """best is the metric of the last improvement, and nothing else."""
    *rule, seen = case
    stopping, found = stopper(impl, *rule, True), []
    for place, one in enumerate(seen):
        stopping.step(one)
        if any(earlier == earlier for earlier in seen[: place + 1]):
            found.append(float(stopping.best))
    return found


class Tied(nn.Module):
    """Two modules of one weight, and a buffer that isn't saved."""

    def __init__(self, width, dtype):
        super().__init__()
        self.one = nn.Linear(width, width, bias=False, dtype=dtype)
        self.two = nn.Linear(width, width, dtype=dtype)
        self.two.weight = self.one.weight
        self.register_buffer("scratch", torch.ones(2), persistent=False)


KINDS = {
    "linear": lambda width, dtype: nn.Linear(width, 2, dtype=dtype),
    "norm": lambda width, dtype: nn.Sequential(nn.BatchNorm1d(width, dtype=dtype), nn.ReLU()),
    "tied": Tied,
}


def network(kind, width, dtype, seed):
    """A model with drawn values, in training mode, whose first parameter is frozen."""
    model = KINDS[kind](width, dtype)
    for place, value in enumerate(model.state_dict().values()):
        source = torch.Generator().manual_seed(seed + place)
        value.copy_(torch.randint(-4, 5, value.shape, generator=source))
    next(model.parameters()).requires_grad_(False)
    return model


def train(model):
    """An epoch: everything that is saved changes in place."""
    for value in model.state_dict().values():
        value.add_(1)


def flags(model):
    """What a step must leave alone."""
    found = [(p.requires_grad, p.grad is None) for p in model.parameters()]
    return {"training": model.training, "parameters": found}


kinds = choice(list(product(KINDS, FLOATS, modes)))


@check(
    kind=kinds,
    delta=st.sampled_from([0.0, 0.25]),
    codes=steps,
    walks=st.booleans(),
    width=st.sampled_from([2, 1, 3]),
    seed=few,
    examples=24,
    expect=exact(),
    after=("stops", "remembers"),
)
def keeps(impl, kind, delta, codes, walks, width, seed):
    """best_state is the model's state_dict at the best epoch; training on doesn't change it."""
    kind, dtype, mode = kind
    stopping, model = impl.EarlyStopping(2, delta, mode), network(kind, width, dtype, seed)
    found = []
    for one in metrics(mode, walks, 1.0, codes):
        told = stopping.step(one, model)
        train(model)
        state = stopping.best_state
        found.append((told, None if state is None else dict(state)))
        found[-1] = (told, None if state is None else {k: v.clone() for k, v in state.items()})
    after = {"model": dict(model.state_dict()), "flags": flags(model)}
    if stopping.best_state is not None:
        model.load_state_dict(stopping.best_state)
        after["restored"] = dict(model.state_dict())
    return found, after


@check(
    rule=rules,
    codes=st.lists(st.tuples(ints(-2, 4), st.sampled_from(["", "one", "two"])), min_size=1),
    seed=few,
    examples=16,
    expect=exact(),
    after=("keeps",),
)
def sometimes(impl, rule, codes, seed):
    """An improvement without a model leaves best_state alone; another model may come each time."""
    delta, mode = rule
    models = {
        "": None,
        "one": network("linear", 2, torch.float32, seed),
        "two": network("tied", 3, torch.float64, seed + 7),
    }
    stopping, found = impl.EarlyStopping(2, delta, mode), []
    for one, (_, name) in zip(metrics(mode, True, 1.0, [c for c, _ in codes]), codes, strict=True):
        told = stopping.step(metric=one, model=models[name])
        _ = models[name] is None or train(models[name])
        state = stopping.best_state
        state = None if state is None else {key: value.clone() for key, value in state.items()}
        found.append((told, stopping.best, state))
    return found


@check(one=epochs(rules), two=epochs(rules), seed=few, examples=12, expect=exact())
def apart(impl, one, two, seed):
    """Two objects used in turn don't know of each other."""
    models = [network("linear", 2, torch.float32, seed + place) for place in (0, 5)]
    both = [stopper(impl, *case[:-1], True) for case in (one, two)]
    found = []
    for pair in zip(one[-1], two[-1], strict=False):
        for stopping, metric, model in zip(both, pair, models, strict=True):
            found.append(stopping.step(metric, model))
            train(model)
    return found, [None if s.best_state is None else dict(s.best_state) for s in both]


BAD = [
    {"mode": "minimum"},
    {"patience": 0},
    {"mode": ""},
    {"min_delta": -0.001},
    {"mode": "MAX"},
    {"patience": -1},
    {"min_delta": -1.0, "mode": "max"},
]


@check(bad=choice(BAD), examples=7)
def settings(impl, bad):
    """An unknown mode, a patience below 1 and a negative min_delta raise ValueError."""
    return refuses((ValueError,), impl.EarlyStopping, **{"patience": 1, **bad})
