import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import LAYOUTS, Sizes, choice, ints, make_tensor, recipe
from drill.grader.checks import check
from drill.grader.expect import close

s = Sizes("I O", high=4)
epochs = ints(1, 3)
few = ints(0, 19)  # seeds: a small range shrinks fast
rates = st.sampled_from([0.02, 0.05])
names = st.shared(st.sampled_from(["mse_loss", "l1_loss", "cross_entropy"]), key="loss")
coarse = st.shared(st.sampled_from([torch.bfloat16, torch.bfloat16, torch.float64]), key="dtype")
kinds = st.sampled_from(
    [
        ("AdamW", {"lr": 0.03, "betas": (0.7, 0.9), "weight_decay": 0.2}),
        ("SGD", {"lr": 0.03, "momentum": 0.9}),
        ("SGD", {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    ]
)
# On float64 inputs it would be another training run: the reference's own run is the measure.
same = close(oracle="as drawn")
both = ("steps", "losses")


class Watched(nn.Module):
    """A linear model whose hook notes its weight, and the modes of its modules, at each call."""

    def __init__(self, inputs, outputs, seed, dtype=torch.float32):
        super().__init__()
        halves = torch.randint(-3, 4, (outputs, inputs + 1), generator=source(seed)) / 2
        self.inner = nn.Linear(inputs, outputs, dtype=dtype)
        self.inner.load_state_dict({"weight": halves[:, 1:], "bias": halves[:, 0]})
        self.seen, self.modes = [], []
        self.register_forward_pre_hook(self.note)

    def note(self, *_):
        self.seen.append(self.inner.weight.detach().clone())
        self.modes.append(["training" if one.training else "evaluation" for one in self.modules()])

    def forward(self, x):
        return self.inner(x) * (1.0 if self.inner.training else 0.5)


class Stream:
    """Batches that can only be iterated; each pass has other data, perhaps in the same memory."""

    def __init__(self, passes, reuse):
        self.passes, self.reuse, self.begun = passes, reuse, 0

    def __iter__(self):
        self.begun += 1
        for x, y in self.passes[(self.begun - 1) % len(self.passes)]:
            batch = x.clone(), y.clone()
            yield batch
            for tensor in batch if self.reuse else ():
                tensor.fill_(torch.nan)


class Scaled(nn.Module):
    """The mean squared error of scale * out, where the scale is learned as well."""

    def __init__(self, scale):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, out, y):
        return ((self.scale * out - y) ** 2).mean()


def source(seed):
    """A seeded generator."""
    return torch.Generator().manual_seed(seed)


def split(
    sizes, inputs, outputs, regime, layout, seed, dtype=torch.float32, name="mse_loss", long=False
):
    """Batches of these sizes: x (n, inputs), y (n, outputs); class labels for cross_entropy.

    Long ones are x (n, t, inputs) and y (n, t, outputs), t differing from batch to batch.
    """
    batches = []
    for place, size in enumerate(sizes):
        t = [1 + (place + seed) % 3] if long and name != "cross_entropy" else []
        x = make_tensor((size, *t, inputs), dtype, regime, layout, seed + 2 * place)
        y = make_tensor((size, *t, outputs), dtype, regime, layout, seed + 2 * place + 1)
        batches.append((x, y.argmax(-1) if name == "cross_entropy" else y))
    return batches


def data(least=1, regimes=("small", "normal"), **more):
    """Lists of at least so many batches of unequal sizes, as wide as the model."""
    sizes = st.lists(ints(1, 4), min_size=least, max_size=least + 2)
    regime, layout = st.sampled_from(regimes), st.sampled_from(LAYOUTS)
    return st.builds(split, sizes, s.I, s.O, regime, layout, few, **more)


def linear(**more):
    """A Watched layer."""
    return recipe(Watched, inputs=s.I, outputs=s.O, seed=few, **more)


def streams(least, most):
    """A Stream of so many different passes."""
    passes = st.lists(data(), min_size=least, max_size=most)
    return recipe(Stream, passes=passes, reuse=st.booleans())


def fit(impl, model, batches, epochs, name="mse_loss", rate=0.03):
    """Train by gradient descent with a fixed rate; the losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    return impl.train(model, batches, getattr(nn.functional, name), optimizer, epochs)


@check(model=linear(), batches=data(2), epochs=ints(2, 3), rate=rates, examples=14, expect=same)
def steps(impl, model, batches, epochs, rate):
    """Each batch is one step along the gradient of its own loss, in every epoch."""
    fit(impl, model, batches, epochs, rate=rate)
    return {"weight before each step": model.seen, "at the end": model.state_dict()}


@check(
    model=linear(),
    batches=data(name=names, long=st.booleans()),
    epochs=epochs,
    name=names,
    examples=20,
    expect=same,
)
def losses(impl, model, batches, epochs, name):
    """Returns the mean loss per sample of each epoch, as plain floats."""
    return fit(impl, model, batches, epochs, name)


@check(
    model=linear(),
    modes=choice([(False, False), (True, False), (False, True)]),
    batches=data(),
    epochs=epochs,
    examples=8,
    expect=same,
    after=both,
)
def mode(impl, model, modes, batches, epochs):
    """Every module is in training mode at every call, whatever mode it came in."""
    model.training, model.inner.training = modes
    return {"losses": fit(impl, model, batches, epochs), "modes at each call": model.modes}


@check(model=linear(), batches=streams(2, 3), epochs=epochs, examples=12, expect=same, after=both)
def passes(impl, model, batches, epochs):
    """Each epoch is one new pass; a batch is taken when the one before it is done with."""
    found = fit(impl, model, batches, epochs)
    return {"passes begun": batches.begun, "losses": found, "at the end": model.state_dict()}


@check(
    model=linear(),
    batches=data(2),
    kind=kinds,
    groups=st.booleans(),
    epochs=st.tuples(epochs, epochs),
    examples=12,
    expect=same,
)
def optimizers(impl, model, batches, kind, groups, epochs):
    """The steps are the optimizer's own: momentum, Adam, groups. A second call goes on."""
    name, settings = kind
    parameters = [{"params": [model.inner.bias], "lr": 0.1}, {"params": [model.inner.weight]}]
    chosen = getattr(torch.optim, name)(parameters if groups else model.parameters(), **settings)
    inputs = {"model": model, "batches": batches, "loss_fn": nn.functional.mse_loss}
    for count in epochs:
        impl.train(**inputs, optimizer=chosen, epochs=count)
    return {"weight before each step": model.seen, "at the end": model.state_dict()}


@check(
    model=linear(),
    batches=data(),
    loss_fn=recipe(Scaled, scale=st.sampled_from([0.7, 1.5])),
    left=st.sampled_from([3.0, -0.5]),
    frozen=st.sampled_from(["nothing", "bias", "weight"]),
    epochs=epochs,
    examples=15,
    expect=same,
)
def clean(impl, model, batches, loss_fn, left, frozen, epochs):
    """Old gradients don't count, the loss's and those of frozen parameters neither."""
    held = [*model.parameters(), *loss_fn.parameters()]
    for parameter in held:
        parameter.grad = torch.full_like(parameter, left)
    if frozen != "nothing":
        getattr(model.inner, frozen).requires_grad_(False)
    optimizer = torch.optim.SGD(held, lr=0.02, weight_decay=0.5)
    impl.train(model, batches, loss_fn, optimizer, epochs)
    return model.state_dict() | loss_fn.state_dict()


@check(
    model=linear(dtype=coarse),
    batches=data(3, ("normal",), dtype=coarse),
    epochs=epochs,
    examples=8,
    expect=same,
    after=both,
)
def precision(impl, model, batches, epochs):
    """Works in bfloat16 and float64; the means are exact though bfloat16 losses are coarse."""
    return fit(impl, model, batches, epochs), model.state_dict()


@check(model=linear(), batches=streams(1, 1), examples=3, expect=same, after=both)
def no_epochs(impl, model, batches):
    """With epochs=0 nothing is touched and the list is empty."""
    return fit(impl, model, batches, 0), batches.begun, model.state_dict()
