from math import ceil, prod

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, Sizes, choice, ints, recipe, seeds, tensors
from drill.grader.checks import check, refuses
from drill.grader.expect import exact, exactly, work

s = Sizes("N A B")
ROWS = [(s.N, s.A), (s.N,), (s.N, s.A, s.B), (1, s.A), (s.N, 1)]
EMPTY = [(0, s.A), (0,), (0, s.A, s.B)]
ENDS = [(3,), (), (1,), (2, 3), (1, 1)]  # what follows the number of rows in a result
ERRORS = {kind.__name__: kind for kind in (RuntimeError, ValueError, KeyError)}
outside = choice(["enable_grad", "no_grad", "inference_mode"])
DTYPES = (*FLOATS, torch.int64, torch.bool)
RESULTS = [(end, DTYPES[(2 * n + m) % 6]) for n, end in enumerate(ENDS) for m in (0, 3)]
micro, flags, same = ints(1, 8), st.booleans(), exact()


class Model(nn.Module):
    """Makes (n, *end) of n rows, each by itself, twice as much in training; counts its calls."""

    def __init__(self, result, seed, training):
        super().__init__()
        (self.end, self.dtype), self.broken = result, None
        source = torch.Generator().manual_seed(seed)
        drawn = torch.randint(-3, 4, (prod(self.end),), generator=source)
        self.weight = nn.Parameter(drawn.double() + 1 / 3)  # no float32 holds it
        self.counts = {"model calls": 0, "rows fed": 0, "largest batch": 0}
        self.train(training)

    def forward(self, rows):
        counts = self.counts
        counts["model calls"] += 1
        counts["rows fed"] += len(rows)
        counts["largest batch"] = max(counts["largest batch"], len(rows))
        if self.broken and counts["model calls"] > 1:
            raise self.broken
        flat = rows.reshape(len(rows), prod(rows.shape[1:])).double()
        out = (2 if self.training else 1) * (flat[:, :1] * self.weight + flat[:, -1:])
        return out.reshape(len(rows), *self.end).to(self.dtype)


def inputs(*shapes, grad=False):
    """Rows of these shapes; of any dtype, or floating ones that require gradients."""
    dtype = st.sampled_from(FLOATS if grad else (*FLOATS, torch.int64))
    return st.one_of(*(tensors(*shape, dtype=dtype, grad=grad) for shape in shapes))


models = {"seed": seeds, "training": flags}
each = recipe(Model, result=choice(RESULTS), **models)
given = {"model": recipe(Model, result=st.sampled_from(RESULTS), **models), "micro_batch": micro}


@check(**given | {"model": each}, x=inputs(*ROWS), plain=flags, examples=30, expect=same)
def matches(impl, model, x, micro_batch, plain):
    """Gives what one call with all rows gives, in order, shape and dtype, and no graph, be the
    model a function or a module in either mode; in a second call too."""
    called = (lambda rows: model(rows)) if plain else model
    first = impl.micro_batched(called, x, micro_batch)
    again = impl.micro_batched(micro_batch=len(x) // 2 + 1, x=x, model=called)
    return {"first": first, "again": again, "training": model.training}


limits = {
    "model_calls": exactly(lambda model, x, micro_batch: ceil(len(x) / micro_batch)),
    "largest_batch": lambda model, x, micro_batch: micro_batch,
    "rows_fed": exactly(lambda model, x, micro_batch: len(x)),
}
# Rows and micro-batches: where the rows are dealt out evenly, too, no part may be too large.
SPLITS = [(11, 4), (10, 4), (12, 5), (35, 8), (1, 3), (300, 7), (9, 4), (7, 3), (6, 1)]
rows_and_parts = st.shared(choice(SPLITS), key="split")
many = tensors(rows_and_parts.map(lambda split: split[0]), 2)
split = {"micro_batch": rows_and_parts.map(lambda split: split[1])}


@check(x=many, **given | split, examples=18, expect=work(**limits, values=same))
def parts(impl, model, x, micro_batch):
    """Each row is fed once, at most micro_batch rows at a time, in as few calls as that takes."""
    return impl.micro_batched(model, x, micro_batch)


@check(outside=outside, **given, x=inputs(*ROWS, grad=True), examples=9, expect=same)
def autograd(impl, outside, model, x, micro_batch):
    """No graph where x requires gradients; autograd is on or off for the caller as before."""
    with getattr(torch, outside)():
        out = impl.micro_batched(model, x, micro_batch)
        return out, torch.is_grad_enabled(), torch.is_inference_mode_enabled()


kinds = choice(list(ERRORS))


@check(kind=kinds, **given, x=inputs((s.N, 2)), examples=6, expect=same, after=("autograd",))
def errors(impl, kind, model, x, micro_batch):
    """What the model raises reaches the caller as it is, and autograd is as before."""
    model.broken = ERRORS[kind]("broken")
    try:
        found = impl.micro_batched(model, x, max(1, min(micro_batch, len(x) - 1)))
    except Exception as error:
        found = [type(error).__name__, "as it is" if error is model.broken else "another"]
    return found, model.counts["model calls"], torch.is_grad_enabled()


@check(**given | {"model": each}, x=inputs(*EMPTY), examples=10, expect=same)
def no_rows(impl, model, x, micro_batch):
    """Without rows the result has none either, and the model's trailing shape and dtype."""
    return impl.micro_batched(model, x, micro_batch), model.counts["rows fed"]


@check(**given, x=inputs(*ROWS), examples=6, expect=same)
def refusals(impl, model, x, micro_batch):
    """A micro_batch below 1 raises ValueError, before the model is called."""
    bad = [0, -1, -micro_batch, -len(x)]
    found = [
        refuses((ValueError,), impl.micro_batched, model, rows, number)
        for rows in (x, x[:0])
        for number in bad
    ]
    return found, model.counts["model calls"]


def net(seed):
    """Linear, GELU, Linear: 8 numbers a row become 64, and then 32."""
    model = nn.Sequential(nn.Linear(8, 64), nn.GELU(), nn.Linear(64, 32))
    source = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        drawn = torch.randn(parameter.shape, generator=source, dtype=torch.float64)
        parameter.data.copy_(drawn / 4)
    return model


def memory_limit(model, x, micro_batch):
    """Bytes: x, twice the result, and twice all that the layers make of one micro-batch."""
    return 4 * ((8 + 2 * 32) * len(x) + 2 * (64 + 64 + 32) * micro_batch)


some = tensors(choice([2000, 1999, 1500]), 8, regimes=("normal",))
lean_work = work(live_bytes=memory_limit)


@check(x=some, model=recipe(net, seed=seeds), micro_batch=ints(16, 48), examples=3,
       expect=lean_work, after=("matches", "parts"))  # fmt: skip
def lean(impl, model, x, micro_batch):
    """Activations are alive for one micro-batch at a time, not for all."""
    return impl.micro_batched(model, x, micro_batch)
