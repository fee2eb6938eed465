import io

import torch
from hypothesis import strategies as st
from torch.optim.lr_scheduler import LRScheduler

from drill.grader.cases import choice, ints
from drill.grader.checks import check
from drill.grader.expect import close

near = close(axes=(-2,), oracle="as drawn")
spans = [(3, 8), (0, 5), (1, 2), (4, 5), (5, 14), (0, 1), (6, 17), (2, 12), (1, 9)]
ratios = [0.1, None, 0.0, 0.3, 1.0, 0.75, 0.01]
curves = st.tuples(choice(spans), st.sampled_from(ratios))
rates = st.sampled_from([(0.8, 0.05, 3.0), (0.4,), (1e-4, 0.6), (2.0, 2.0), (0.3, 1e-3, 0.3, 5.0)])
MAKERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, momentum=0.9),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.7),
    "plain": lambda groups: torch.optim.SGD(groups, lr=0.7, weight_decay=0.1),
}
makers = st.sampled_from(sorted(MAKERS))


def made(impl, maker, rates, curve, named=False):
    """An optimizer with a group for each rate, and its scheduler."""
    groups = [{"params": [torch.ones(2, requires_grad=True)], "lr": rate} for rate in rates]
    optimizer, (warmup, total), ratio = MAKERS[maker](groups), *curve
    if named:
        given = {} if ratio is None else {"min_ratio": ratio}
        scheduler = impl.warmup_cosine(
            total_steps=total, optimizer=optimizer, warmup_steps=warmup, **given
        )
    else:
        given = [] if ratio is None else [ratio]
        scheduler = impl.warmup_cosine(optimizer, warmup, total, *given)
    return optimizer, scheduler


def held(optimizer):
    """The rates of its groups."""
    return [float(group["lr"]) for group in optimizer.param_groups]


def walk(optimizer, scheduler, count):
    """The rates before each of so many steps."""
    found = []
    for _ in range(count):
        found.append(held(optimizer))
        optimizer.step()
        scheduler.step()
    return found


def table(rows):
    """Rates, one row a step."""
    return torch.tensor(rows, dtype=torch.float64)


@check(curve=curves, rates=rates, maker=makers, named=st.booleans(), examples=45, expect=near)
def follows(impl, curve, rates, maker, named):
    """The rate of every group at every step, to beyond total_steps; the floor stays."""
    optimizer, scheduler = made(impl, maker, rates, curve, named)
    rows = walk(optimizer, scheduler, 2 * curve[0][1] + 3)
    return {"rates": table(rows), "a scheduler": isinstance(scheduler, LRScheduler)}


@check(curve=curves, rates=rates, examples=10, expect=near)
def tells(impl, curve, rates):
    """get_last_lr gives the rates that the groups have, from the start on."""
    optimizer, scheduler = made(impl, "sgd", rates, curve)
    rows = []
    for _ in range(curve[0][1] + 2):
        rows.append([float(rate) for rate in scheduler.get_last_lr()])
        walk(optimizer, scheduler, 1)
    return table(rows)


def saved(state):
    """What torch.load gives of what torch.save wrote."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@check(
    curve=curves,
    rates=rates,
    maker=makers,
    parts=st.lists(ints(0, 7), min_size=1, max_size=4),
    order=st.booleans(),
    examples=14,
    expect=near,
    after=("follows", "tells"),
)
def resumes(impl, curve, rates, maker, parts, order):
    """Saved and loaded into a new optimizer and scheduler, several times, it goes on."""
    optimizer, scheduler = made(impl, maker, rates, curve)
    rows, told = [], []
    for part in parts:
        rows += walk(optimizer, scheduler, part)
        states = saved(optimizer.state_dict()), saved(scheduler.state_dict())
        walk(optimizer, scheduler, 2)  # the old run goes on; what was saved doesn't
        optimizer, scheduler = made(impl, maker, rates, curve)
        pairs = list(zip((optimizer, scheduler), states, strict=True))
        for one, state in pairs[:: 1 if order else -1]:
            one.load_state_dict(state)
        told.append([float(rate) for rate in scheduler.get_last_lr()])
    return table(rows + walk(optimizer, scheduler, curve[0][1] + 2)), table(told)


@check(one=curves, two=curves, rates=rates, most=ints(3, 30), examples=10, expect=near)
def apart(impl, one, two, rates, most):
    """Two schedules used in turn don't know of each other."""
    both = [
        made(impl, "sgd", rates, one),
        made(impl, "adamw", [0.5 * rate for rate in rates], two),
    ]
    found = [[], []]
    for _ in range(most):
        for rows, pair in zip(found, both, strict=True):
            rows += walk(*pair, 1)
    return [table(rows) for rows in found]


@check(
    curve=curves,
    momentum=st.sampled_from([0.0, 0.9]),
    examples=10,
    expect=near,
)
def trains(impl, curve, momentum):
    """Weights that are trained by it are right after each step; other settings are left alone."""
    weights = [torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True) for _ in "ab"]
    groups = [{"params": weights[:1], "lr": 0.05}, {"params": weights[1:], "weight_decay": 0.1}]
    optimizer = torch.optim.SGD(groups, lr=0.2, momentum=momentum)
    scheduler, rows = impl.warmup_cosine(optimizer, *curve[0], curve[1] or 0.2), []
    for _ in range(curve[0][1] + 3):
        optimizer.zero_grad()
        sum((weight * weight).sum() for weight in weights).backward()
        optimizer.step()
        scheduler.step()
        rows.append([number for weight in weights for number in weight.tolist()])
    settings = [(group["momentum"], group["weight_decay"]) for group in optimizer.param_groups]
    return table(rows), settings
