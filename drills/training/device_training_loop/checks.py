from itertools import product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import LAYOUTS, Sizes, choice, ints, make_tensor, recipe
from drill.grader.checks import check, refuses
from drill.grader.expect import close, exact, work

CPU, META = torch.device("cpu"), torch.device("meta")
s = Sizes("I O", high=4)
few = ints(0, 19)  # seeds: a small range shrinks fast
epochs = ints(1, 2)
rates = st.sampled_from([0.02, 0.05])
losses = ["mse_loss", "l1_loss", "cross_entropy"]
dtypes = [torch.float32, torch.bfloat16, torch.float64]
same = close(oracle="as drawn")  # on float64 inputs it would be another training run
optimizers = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.03, "momentum": 0.9}),
    ("AdamW", {"lr": 0.03, "betas": (0.7, 0.9), "weight_decay": 0.2}),
]


class Unknown(torch.autograd.Function):
    """A result of this shape that depends on some tensors: on meta nothing is computed."""

    @staticmethod
    def forward(ctx, shape, place, *tensors):
        ctx.places = [(tensor.shape, tensor.device) for tensor in tensors]
        return blank(shape, place)

    @staticmethod
    def backward(ctx, gradient):
        return None, None, *(blank(*place) for place in ctx.places)


class Watched(nn.Module):
    """A linear model with a buffer, which notes what it is called with, and moves."""

    def __init__(self, inputs, outputs, seed, dtype=torch.float32):
        super().__init__()
        source = torch.Generator().manual_seed(seed)
        halves = torch.randint(-3, 4, (outputs, inputs + 1), generator=source) / 2
        self.inner = nn.Linear(inputs, outputs, dtype=dtype)
        self.inner.load_state_dict({"weight": halves[:, 1:], "bias": halves[:, 0]})
        gains = torch.arange(1, outputs + 1, dtype=dtype)
        self.register_buffer("gain", gains, persistent=False)
        self.seen, self.modes, self.calls, self.moves, self.barred = [], [], [], 0, False
        self.register_forward_pre_hook(self.note)

    def note(self, module, given):
        self.modes.append(["training" if one.training else "evaluation" for one in self.modules()])
        self.seen.append(self.inner.weight.detach().clone())
        held = [*self.parameters(), self.gain]
        self.calls.append([facts(given[0]), *(tensor.device.type for tensor in held)])

    def forward(self, x):
        if x.is_meta or self.inner.weight.is_meta:
            shape = (len(x), self.inner.out_features)
            return Unknown.apply(shape, self.inner.weight.device, *self.parameters())
        return self.inner(x) * self.gain * (1.0 if self.inner.training else 0.5)

    def _apply(self, *given, **named):
        self.moves += 1
        if self.barred:
            raise KeyError("the model is moved")
        return super()._apply(*given, **named)


class Still(torch.optim.Optimizer):
    """An optimizer that moves nothing; it notes at each step what has a gradient."""

    def __init__(self, parameters, notes):
        super().__init__(parameters, {})
        self.notes = notes

    def step(self, closure=None):
        with torch.enable_grad():
            _ = closure and closure()
        held = [one for group in self.param_groups for one in group["params"]]
        self.notes.append([one.grad is not None for one in held])


class Stream:
    """Batches that can only be iterated; each pass has other data, in the memory of the last."""

    def __init__(self, passes):
        self.passes, self.begun, self.left = passes, 0, []

    def __iter__(self):
        self.begun += 1
        for x, y in self.passes[(self.begun - 1) % len(self.passes)]:
            batch = x.clone(), y.clone()
            yield batch
            self.left.append([facts(tensor) for tensor in batch])
            for tensor in batch:
                tensor.zero_()


def blank(shape, place):
    """A tensor of this shape, without an operator on meta: the first one costs a long import."""
    return (torch.empty if place == META else torch.zeros)(shape, device=place)


def facts(tensor):
    """Where a tensor lies, and of what dtype and shape it is."""
    return f"{tensor.dtype} {tuple(tensor.shape)} on {tensor.device.type}"


def split(sizes, inputs, outputs, regime, layout, seed):
    """Batches of these sizes: x (n, inputs) and y (n, outputs)."""
    drawn = [(regime, layout, seed + 2 * place) for place in range(len(sizes))]
    return [
        tuple(
            make_tensor((size, width), torch.float64, regime, layout, seed + more)
            for more, width in enumerate((inputs, outputs))
        )
        for size, (regime, layout, seed) in zip(sizes, drawn, strict=True)
    ]


def data():
    """Lists of batches of unequal sizes, as wide as the model."""
    sizes = st.lists(ints(1, 4), min_size=1, max_size=3)
    regime, layout = st.sampled_from(["small", "normal"]), st.sampled_from(LAYOUTS)
    return st.builds(split, sizes, s.I, s.O, regime, layout, few)


def of(batches, dtype, name="mse_loss"):
    """The batches in this dtype; with class labels for cross_entropy."""
    labels = [y.argmax(-1) if name == "cross_entropy" else y.to(dtype) for _, y in batches]
    return [(x.to(dtype), y) for (x, _), y in zip(batches, labels, strict=True)]


def maker(name="SGD", **settings):
    """A function that makes such an optimizer."""
    return lambda parameters: getattr(torch.optim, name)(parameters, **settings)


def fit(impl, model, loader, epochs):
    """Train by gradient descent on the CPU."""
    return impl.train_on(model, loader, nn.functional.mse_loss, maker(lr=0.03), CPU, epochs)


float_batches = data().map(lambda batches: of(batches, torch.float32))
model = recipe(Watched, inputs=s.I, outputs=s.O, seed=few)


@check(
    kind=choice(list(product(dtypes, losses))),
    batches=data(),
    seed=few,
    rate=rates,
    epochs=ints(1, 3),
    examples=18,
    expect=same,
)
def trains(impl, kind, batches, seed, rate, epochs):
    """On the CPU each batch is one step along the gradient of its own loss."""
    dtype, name = kind
    model = Watched(batches[0][0].shape[1], batches[0][1].shape[1], seed, dtype)
    loss_fn, loader = getattr(nn.functional, name), of(batches, dtype, name)
    out = impl.train_on(model, loader, loss_fn, maker(lr=rate), CPU, epochs)
    found = {"the same model": out is model, "weight before each step": model.seen}
    return found | {"at the end": model.state_dict()}


@check(
    kind=choice(optimizers),
    model=model,
    batches=float_batches,
    left=st.sampled_from([3.0, -0.5]),
    epochs=st.tuples(epochs, epochs),
    examples=9,
    expect=same,
)
def clean(impl, kind, model, batches, left, epochs):
    """Old gradients don't count; steps are the optimizer's own, anew with each call."""
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, left)
    more = {"make_optimizer": maker(kind[0], **kind[1]), "loss_fn": nn.functional.mse_loss}
    for count in epochs:
        impl.train_on(model=model, loader=batches, device=CPU, epochs=count, **more)
    return {"weight before each step": model.seen, "at the end": model.state_dict()}


@check(
    flags=choice([(False, False), (True, False), (False, True)]),
    model=model,
    batches=float_batches,
    examples=4,
    expect=same,
)
def modes(impl, flags, model, batches):
    """Every module is in training mode at every call, whatever mode it came in."""
    model.training, model.inner.training = flags
    fit(impl, model, batches, 2)
    return {"modes at each call": model.modes, "at the end": model.state_dict()}


@check(
    turns=st.lists(float_batches, min_size=2, max_size=3),
    model=model,
    epochs=epochs,
    examples=8,
    expect=same,
)
def passes(impl, turns, model, epochs):
    """Each epoch is one new pass; a batch is taken when the one before it is done with."""
    stream = Stream(turns)
    fit(impl, model, stream, epochs)
    return {"passes begun": stream.begun, "at the end": model.state_dict()}


@check(model=model, batches=float_batches, examples=2, expect=work(host_reads=0, values=same))
def reads(impl, model, batches):
    """No value is read, by item, float, print or a test."""
    return fit(impl, model, batches, 2).state_dict()


def far(impl, model, loader, epochs, make=None):
    """Train on meta; what comes back, and what the loss function is called with."""
    notes = []

    def loss_fn(out, y):
        notes.append([facts(out), facts(y)])
        return Unknown.apply((), CPU, out)

    made = make or (lambda parameters: Still(parameters, []))
    return impl.train_on(model, loader, loss_fn, made, META, epochs), notes


@check(
    kind=choice([(x, y) for x in (torch.float32, torch.int64) for y in ("mse_loss", losses[-1])]),
    model=model,
    batches=data(),
    epochs=epochs,
    examples=8,
    expect=exact(),
)
def moves(impl, kind, model, batches, epochs):
    """On meta the model is moved once, and of every batch x and y, but not the loader's tensors."""
    loader = [(x.to(kind[0]), y) for x, y in of(batches, torch.float32, kind[1])]
    stream = Stream([loader])
    out, notes = far(impl, model, stream, epochs)
    moved = "once" if model.moves == 1 else "more than once" if model.moves else "never"
    found = {"moved": moved, "the same model": out is model, "arguments of the loss": notes}
    found["x, parameters, buffer at each call"] = model.calls
    return found | {"the loader's tensors afterwards": stream.left}


@check(model=model, batches=float_batches, epochs=epochs, examples=5, expect=exact())
def optimizer(impl, model, batches, epochs):
    """The optimizer is made once, after the move, of the model's parameters as they are then."""
    made, steps = [], []

    def make(parameters):
        made.append(list(parameters))
        return Still(made[-1], steps)

    far(impl, model, batches, epochs, make)
    own = {id(parameter): name for name, parameter in model.named_parameters()}
    held = [[(own.get(id(p), "another"), p.device.type) for p in given] for given in made]
    return {"each made of": held, "has a gradient, step by step": steps}


@check(
    available=choice([False, True]),
    device=st.sampled_from(["cuda", "cuda:0", "cuda:1"]).map(torch.device),
    passes=st.lists(float_batches, min_size=1, max_size=1),
    model=model,
    training=st.booleans(),
    examples=6,
    expect=exact(),
)
def absent(impl, available, device, passes, model, training):
    """Without CUDA it raises RuntimeError and touches nothing; with it the model is moved."""
    stream, made, texts, old = Stream(passes), [], [], torch.cuda.is_available
    model.train(training).barred = available
    torch.cuda.is_available = lambda: available

    def call():
        try:
            fit_on = (model, stream, nn.functional.mse_loss, made.append, device, 1)
            return impl.train_on(*fit_on)
        except Exception as error:
            texts.append("cuda" in str(error).lower())
            raise

    try:
        raised = refuses((KeyError if available else RuntimeError,), call)
    finally:
        torch.cuda.is_available = old
    if available:
        return raised
    found = {"raised": raised, "says cuda": texts, "training": model.training}
    return found | {"moves": model.moves, "made": len(made), "passes begun": stream.begun}


@check(device=choice([CPU, META]), model=model, passes=st.just([[]]), examples=4, expect=same)
def no_epochs(impl, device, model, passes):
    """With epochs=0 the model is moved and returned, and no pass is begun."""
    stream = Stream(passes)
    out = fit(impl, model, stream, 0) if device == CPU else far(impl, model, stream, 0)[0]
    places = [parameter.device.type for parameter in (*model.parameters(), model.gain)]
    values = list(model.state_dict().values()) if device == CPU else []
    return {"same": out is model, "passes begun": stream.begun, "places": places, "values": values}
