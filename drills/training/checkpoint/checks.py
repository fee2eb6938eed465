import errno
import os
import resource
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import choice, ints
from drill.grader.checks import Raised, attempt, check, refuses
from drill.grader.expect import close, relation

WATCHERS = []  # who is told of renames and removals
HOOKED = []  # not empty once the hook is there
widths = st.sampled_from([(2, 3), (3, 2), (1, 4), (2, 2)])  # inputs, hidden units
numbers = st.sampled_from([7, 0, 2**63 - 1, 2**62 + 1])
plain = ("SGD", {"lr": 0.1, "momentum": 0.9})
kinds = choice(
    [
        plain,
        ("AdamW", {"lr": 0.03, "weight_decay": 0.2}),
        ("Adam", {"lr": 0.02, "betas": (0.7, 0.9), "amsgrad": True}),
    ]
)
same = close(oracle="as drawn")
changes = [  # of the saved model, of the one that it is loaded into
    ({}, {"outputs": 2}),
    ({}, {"nested": True}),
    ({}, {"gain": ()}),
    ({}, {"cut": 2}),
    ({}, {"cut": 0}),
    ({}, {"more": True}),
    ({"more": True}, {}),
]


class Gain(nn.Module):
    """Multiplies by a frozen parameter."""

    def __init__(self, shape):
        super().__init__()
        self.factor = nn.Parameter(torch.rand(shape) + 0.5, requires_grad=False)

    def forward(self, x):
        return x * self.factor


class Place:
    """A path that is neither a str nor a Path."""

    def __init__(self, name):
        self.name = name

    def __fspath__(self):
        return self.name


@contextmanager
def folder():
    """A new folder to work in, with one called runs inside."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory(dir=home) as new:
        os.chdir(new)
        os.mkdir("runs")
        try:
            yield
        finally:
            os.chdir(home)


def made(seed, kind=plain, widths=(2, 3), outputs=1, gain=(1,), nested=False, more=False, cut=1):
    """A model with buffers and dropout, and its optimizer: a group for the first `cut`."""
    torch.default_generator.manual_seed(seed)
    inputs, hidden = widths
    parts = [nn.Linear(inputs, hidden, bias=False), nn.BatchNorm1d(hidden, affine=False)]
    last = [Gain(gain), nn.Dropout(0.4), nn.Linear(hidden, outputs)]
    last += [nn.BatchNorm1d(outputs, affine=False)] * more
    model = nn.Sequential(*parts, nn.Sequential(*last)) if nested else nn.Sequential(*parts, *last)
    every = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [{"params": every[cut:]}] + [{"params": every[:cut], "lr": 0.01}] * (cut > 0)
    return model, getattr(torch.optim, kind[0])(groups, **kind[1])


def run(model, optimizer, count):
    """Train on random data, the rates falling; the first weights after each step."""
    seen = []
    for _ in range(count):
        optimizer.zero_grad()
        out = model(torch.randn(5, model[0].in_features))
        (out - torch.randn(out.shape)).square().mean().backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] *= 0.9
        seen.append(model[0].weight.detach().clone())
    return seen


def state(model, optimizer):
    """All that belongs to training, as it is now: the next random numbers too."""
    kept = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    return kept | {"random numbers": torch.rand(3)}


def loaded(impl, path):
    """What a new model and optimizer become by loading."""
    model, optimizer = made(seed=2)
    step = impl.load_checkpoint(path, model, optimizer)
    return {"step": step} | state(model, optimizer)


def on_event(event, arguments):
    """Tells the watcher of every rename and removal, before it happens."""
    if WATCHERS and event in ("os.rename", "os.remove"):
        watcher = WATCHERS.pop()
        try:
            watcher(event, arguments[0])
        finally:
            WATCHERS.append(watcher)


def watched(watcher, action, *arguments):
    """Call action; watcher sees its renames and removals, and may refuse them."""
    if not HOOKED:
        HOOKED.append(sys.addaudithook(on_event))
    WATCHERS.append(watcher)
    try:
        return action(*arguments)
    finally:
        WATCHERS.clear()


def dying(limit, cleanups, action, *arguments):
    """Call action where a file takes `limit` bytes at most, and little can be tidied up after."""
    left = [True] * cleanups

    def gone(*_):
        if not left:
            raise OSError("the process is gone")
        left.pop()

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        return watched(gone, refuses, (Exception,), action, *arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@check(
    kind=kinds,
    widths=widths,
    steps=st.sampled_from([(1, 0), (0, 1), (2, 1)]),
    modes=st.tuples(st.booleans(), st.booleans()),
    step=numbers,
    examples=12,
    expect=same,
)
def restores(impl, kind, widths, steps, modes, step):
    """Another model and optimizer, new or used, get the saved state; the step comes back."""
    (model, optimizer), (other, its) = pairs = [made(seed, kind, widths) for seed in (1, 2)]
    for pair, count, mode in zip(pairs, steps, modes, strict=True):
        run(*pair, count)
        pair[0][1].train(mode)
    impl.save_checkpoint("run.pt", model, optimizer, step)
    found = {"step": impl.load_checkpoint("run.pt", other, its)}
    found |= {"model": other.state_dict(), "optimizer": its.state_dict()}
    return found | {"in training mode": [one.training for pair in pairs for one in pair[0]]}


@check(kind=kinds, widths=widths, done=ints(0, 2), more=ints(1, 2), examples=8, expect=same)
def resumes(impl, kind, widths, done, more):
    """Training resumed from the file is the training that went on without a break."""
    (model, optimizer), (other, its) = (made(seed, kind, widths) for seed in (2, 1))
    run(model, optimizer, done)
    impl.save_checkpoint(path="run.pt", model=model, optimizer=optimizer, step=done)
    found = {"gradient after saving": model[0].weight.grad}
    found["never interrupted"] = run(model, optimizer, more)
    impl.load_checkpoint(path="run.pt", model=other, optimizer=its)
    return found | {"resumed": run(other, its, more)} | state(other, its)


def readable(value, **_):
    """Complains unless the file could be read."""
    if isinstance(value, Raised):
        return f"torch.load(path, weights_only=True) raises {value.classes[0]}."
    return None


@check(kind=kinds, done=ints(0, 1), step=numbers, examples=3, expect=relation(readable))
def safe(impl, kind, done, step):
    """The file can be read with torch.load(path, weights_only=True), which runs no code."""
    model, optimizer = made(1, kind)
    run(model, optimizer, done)
    impl.save_checkpoint("run.pt", model, optimizer, step)
    return attempt(torch.load, "run.pt", weights_only=True)


@check(
    name=st.sampled_from(["run.pt", "run", "runs/a.b.ckpt"]),
    path=choice(["str", "Path", "PathLike"]),
    examples=6,
    expect=same,
)
def paths(impl, name, path):
    """The path may be a str, a Path or its like; one file holds all, and may be moved."""
    kind = {"str": str, "Path": Path, "PathLike": Place}[path]
    with folder():
        for step in (6, 7):
            impl.save_checkpoint(kind(name), *made(1), step)
        written = sorted(str(one) for one in Path().rglob("*") if one.is_file())
        os.rename(name, "moved")
        return {"files": written} | loaded(impl, kind("moved"))


@check(
    name=choice(["run.pt", "run.tmp"]),
    older=st.sampled_from([True, False]),
    share=st.sampled_from([0.5, 0.0, 0.2, 0.97]),
    cleanups=ints(0, 2),
    examples=14,
    expect=same,
)
def crash(impl, name, older, share, cleanups):
    """Cut off at any byte, a save raises and leaves all files whole; the next save works."""
    model, optimizer = made(1)
    others = {"run.pt", "run.tmp", "run.bak", "run", "tmp", "temp.pt"} - {name}
    with folder():
        for other in others:
            Path(other).write_text(other)
        impl.save_checkpoint(name, model, optimizer, 1)
        limit = int(share * os.path.getsize(name))
        if not older:
            os.remove(name)
        run(model, optimizer, 1)
        found = {"raised": dying(limit, cleanups, impl.save_checkpoint, name, model, optimizer, 2)}
        found["before"] = loaded(impl, name) if older else os.path.exists(name)
        impl.save_checkpoint(name, model, optimizer, 3)
        found["others"] = {other: attempt(Path(other).read_text) for other in sorted(others)}
        return found | {"next": loaded(impl, name)}


@check(more=ints(0, 1), examples=2, expect=same)
def replaces(impl, more):
    """At every moment the file is the old or the new one, whole; an open old one stays whole."""
    model, optimizer = made(1)
    path = os.path.join("runs", "run.pt")
    seen = [1]

    def look(event, source):
        found = attempt(loaded, impl, path)
        seen.append(found["step"] if isinstance(found, dict) else found)
        if event == "os.rename" and Path("runs").resolve() not in Path(source).resolve().parents:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    with folder():
        impl.save_checkpoint(path, model, optimizer, 1)
        with open(path, "rb") as file:
            run(model, optimizer, more)
            watched(look, impl.save_checkpoint, path, model, optimizer, 2)
            Path("old.pt").write_bytes(file.read())
        steps = list(dict.fromkeys([*seen, 2]))
        return [steps, *(loaded(impl, one) for one in ("old.pt", path))]


@check(
    name=st.sampled_from(["nowhere.pt", "nowhere/run.pt"]),
    as_path=st.booleans(),
    examples=3,
    expect=same,
)
def missing(impl, name, as_path):
    """A file that isn't there raises FileNotFoundError and changes nothing."""
    model, optimizer = made(1)
    run(model, optimizer, 1)
    path = Path(name) if as_path else name
    raised = refuses((FileNotFoundError,), impl.load_checkpoint, path, model, optimizer)
    return {"raised": raised} | state(model, optimizer)


@check(change=choice(changes), examples=9, expect=same)
def mismatch(impl, change):
    """A file of another model or other groups is refused, and nothing is changed by it."""
    (model, optimizer), (other, its) = (made(seed, **one) for seed, one in enumerate(change))
    run(model, optimizer, 1)
    impl.save_checkpoint("run.pt", model, optimizer, 1)
    run(other, its, 1)
    odd = (RuntimeError, KeyError, ValueError)
    raised = refuses(odd, impl.load_checkpoint, "run.pt", other, its)
    return {"raised": raised} | state(other, its)
