from itertools import product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import FLOATS, LAYOUTS, choice, ints, make_tensor, recipe
from drill.grader.checks import attempt, check, refuses
from drill.grader.expect import close

same = close(oracle="as drawn")  # the losses are those of the drawn dtype
few = ints(0, 19)  # seeds: a small range shrinks fast
classes = st.shared(st.sampled_from([2, 3, 4, 1]), key="classes")
flags = choice(list(product([True, False], repeat=4)))


def weighted(out, y):
    """A mean that can't be had from the losses of single samples."""
    weight = torch.arange(1, out.shape[1] + 1).to(out.dtype)
    return nn.functional.cross_entropy(out, y, weight)


LOSSES = {
    "cross_entropy": nn.functional.cross_entropy,
    "weighted": weighted,
    "gap": lambda out, y: (out.amax(1) - out.gather(1, y[:, None])[:, 0]).mean(),
    "nll": lambda out, y: nn.functional.nll_loss(out, y),
}
kinds = choice(list(product(FLOATS, LOSSES)))


class Scorer(nn.Module):
    """In evaluation mode the first numbers of each row, in training batch norm and dropout."""

    def __init__(self, width, dtype):
        super().__init__()
        self.norm = nn.BatchNorm1d(width, dtype=dtype)
        self.head = nn.Sequential(nn.Dropout(0.5))
        self.modes, self.graphs = [], []
        self.register_forward_hook(self.note)

    def note(self, module, given, out):
        self.modes.append(self.flags())
        self.graphs.append(out.requires_grad)

    def flags(self):
        return ["training" if one.training else "evaluation" for one in self.modules()]

    def forward(self, x):
        return self.head(self.norm(x.flatten(1)[:, : self.norm.num_features]))


class Tempered(nn.Module):
    """Cross entropy with a temperature that is learned as well; notes whether it has a graph."""

    def __init__(self, scale):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))
        self.graphs = []

    def forward(self, out, y):
        loss = nn.functional.cross_entropy(out * self.scale, y)
        self.graphs.append((out.requires_grad, loss.requires_grad))
        return loss


class Stream:
    """Batches that can only be iterated, each in the memory of the last; may break at the end."""

    def __init__(self, batches, breaks=False):
        self.batches, self.breaks, self.begun = batches, breaks, 0

    def __iter__(self):
        self.begun += 1
        for x, y in self.batches:
            batch = x.clone(), y.clone()
            yield batch
            batch[0].zero_(), batch[1].zero_()
        if self.breaks:
            raise KeyError("the loader broke")


def split(sizes, width, longer, dtype, layout, seed, gain=1.0):
    """Batches of these sizes: rows without ties (of rows, some of which are ignored); labels."""
    batches = []
    for place, size in enumerate(sizes):
        shape = (size, width) if longer is None else (size, longer[place % 2], width)
        x = make_tensor(shape, dtype, "spaced", layout, seed + 2 * place)
        y = torch.randint(width, (size,), generator=torch.Generator().manual_seed(seed + place))
        batches.append((x * gain, y))
    return batches


def data(dtype=torch.float32, sizes=None):
    """Lists of batches of unequal sizes."""
    drawn = st.lists(ints(1, 5), min_size=1, max_size=4) if sizes is None else sizes
    longer, layouts = st.sampled_from([None, (1, 3), (2, 2)]), st.sampled_from(LAYOUTS)
    return st.builds(split, drawn, classes, longer, st.just(dtype), layouts, few)


def put(model, flags):
    """Give the model's modules these modes."""
    for module, training in zip(model.modules(), flags, strict=True):
        module.training = training


model = recipe(Scorer, width=classes, dtype=torch.float32)


@check(kind=kinds, batches=data(torch.float64), examples=28, expect=same)
def means(impl, kind, batches):
    """The mean loss of a sample and the share of right answers, as plain floats."""
    dtype, name = kind
    batches = [(x.to(dtype), y) for x, y in batches]
    scorer = Scorer(batches[0][0].shape[-1], dtype)
    first = impl.evaluate(scorer, batches, LOSSES[name])
    return first, impl.evaluate(model=scorer, loader=batches[:1], loss_fn=LOSSES[name])


constants = map(st.just, (2, None, torch.float64, "contiguous"))
many = st.sampled_from([(2, 1301), (1303, 1, 3)])
many = st.builds(split, many, *constants, few, gain=st.just(256.0))


@check(
    dtype=choice([torch.bfloat16, torch.float16, torch.float64]),
    batches=many,
    examples=6,
    expect=same,
)
def precision(impl, dtype, batches):
    """The numbers are exact for many samples, too, though a loss in half precision is coarse."""
    batches = [(x.to(dtype), y) for x, y in batches]
    return impl.evaluate(Scorer(2, dtype), batches, nn.functional.cross_entropy)


@check(flags=flags, model=model, batches=data(), examples=16, expect=same)
def modes(impl, flags, model, batches):
    """Every module evaluates during the call and has its own mode again after it."""
    results, after = [], []
    for given in (flags, [not flag for flag in flags]):
        put(model, given)
        results.append(impl.evaluate(model, batches, nn.functional.cross_entropy))
        after.append(model.flags())
    return {"results": results, "modes at each call": model.modes, "modes after a call": after}


@check(
    recording=choice([True, False]),
    model=model,
    batches=data(),
    loss_fn=recipe(Tempered, scale=st.sampled_from([0.7, 1.5])),
    examples=10,
    expect=same,
)
def no_trace(impl, recording, model, batches, loss_fn):
    """No graph is built; parameters, gradients, buffers and autograd's mode are as before."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    with torch.set_grad_enabled(recording):
        found = impl.evaluate(model, batches, loss_fn)
        after = torch.is_grad_enabled()
    held = {n: (p.requires_grad, p.grad, p.is_leaf) for n, p in model.named_parameters()}
    graphs = {"in model": model.graphs, "in loss": loss_fn.graphs, "recording after": after}
    return [found, graphs, held, model.state_dict(), loss_fn.scale.grad]


@check(stream=recipe(Stream, batches=data()), model=model, examples=10, expect=same)
def once(impl, stream, model):
    """The loader is iterated once, and a batch is done with before the next one is asked for."""
    found = impl.evaluate(model, stream, LOSSES["weighted"])
    return {"found": found, "passes begun": stream.begun}


@check(
    kind=choice(["list", "iterator", "stream"]),
    flags=flags,
    model=model,
    examples=6,
    after=("modes", "no_trace"),
)
def empty(impl, kind, flags, model):
    """An empty loader raises ValueError, and the modes are put back."""
    loader = {"list": [], "iterator": iter(()), "stream": Stream([])}[kind]
    put(model, flags)
    raised = refuses((ValueError,), impl.evaluate, model, loader, nn.functional.cross_entropy)
    return {
        "raised": raised,
        "modes afterwards": model.flags(),
        "recording": torch.is_grad_enabled(),
    }


def fails(*_):
    raise KeyError("broken")


@check(
    where=choice(["model", "loss", "loader"]),
    flags=flags,
    model=model,
    batches=data(),
    examples=12,
    expect=same,
    after=("modes", "no_trace"),
)
def errors(impl, where, flags, model, batches):
    """After an error, which reaches the caller, the modes are put back and a next call is right."""
    put(model, flags)
    hook = model.head.register_forward_hook(fails) if where == "model" else None
    loss_fn = fails if where == "loss" else nn.functional.cross_entropy
    raised = attempt(impl.evaluate, model, Stream(batches, where == "loader"), loss_fn)
    found = {
        "raised": raised,
        "modes afterwards": model.flags(),
        "recording": torch.is_grad_enabled(),
    }
    _ = hook and hook.remove()
    return found | {"next": impl.evaluate(model, batches, nn.functional.cross_entropy)}
