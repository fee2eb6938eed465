import os
import resource
import sys
from pathlib import Path

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import ints
from drill.grader.checks import Raised, attempt, check, refuses
from drill.grader.expect import close, relation

WATCHERS = []  # who is told of renames and removals
HOOKED = []  # not empty once the hook is there
widths = st.sampled_from([(2, 3), (3, 2), (1, 4), (2, 2)])  # inputs, hidden units
numbers = st.sampled_from([7, 1, 0, 1000, 10**12])
names = st.sampled_from(["run.pt", "run", "runs/a.b.ckpt"])
kinds = st.sampled_from(
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("AdamW", {"lr": 0.03, "weight_decay": 0.2}),
        ("Adam", {"lr": 0.02, "betas": (0.7, 0.9), "amsgrad": True}),
    ]
)
same = close(oracle="as drawn")
changes = [{"outputs": 2}, {"layers": 2}, {"layers": 0}, {"nested": True}, {"cut": 3}, {"cut": 0}]


def made(widths, kind, seed, outputs=1, layers=1, cut=2, nested=False):
    """A model with batch norm and dropout, and its optimizer: a group for the first `cut`."""
    torch.default_generator.manual_seed(seed)
    inputs, hidden = widths
    parts = [nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), nn.Dropout(0.4)]
    last = [nn.Linear(hidden, outputs), nn.Linear(outputs, outputs)][:layers]
    parts += [nn.Sequential(*last)] if nested else last
    model = nn.Sequential(*parts)
    every = list(model.parameters())
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


def loaded(impl, path, widths, kind):
    """What a new model and optimizer become by loading."""
    model, optimizer = made(widths, kind, seed=2)
    step = impl.load_checkpoint(path, model, optimizer)
    return {"step": step} | state(model, optimizer)


def on_event(event, _):
    """Tells the watcher of every rename and removal, before it happens."""
    if WATCHERS and event in ("os.rename", "os.remove"):
        watcher = WATCHERS.pop()
        try:
            watcher()
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

    def gone():
        if not left:
            raise OSError("the process is gone")
        left.pop()

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        return watched(gone, refuses, (Exception,), action, *arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@check(widths=widths, kind=kinds, done=ints(0, 2), step=numbers, examples=12, expect=same)
def restores(impl, widths, kind, done, step):
    """A new model and optimizer get the state that was saved, and the step comes back."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, done)
    impl.save_checkpoint("run.pt", model, optimizer, step)
    found = loaded(impl, "run.pt", widths, kind)
    return {name: found[name] for name in ("step", "model", "optimizer")}


@check(widths=widths, kind=kinds, done=ints(0, 2), more=ints(1, 3), examples=12, expect=same)
def resumes(impl, widths, kind, done, more):
    """Training resumed from the file is the training that went on without a break."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, done)
    impl.save_checkpoint(path="run.pt", model=model, optimizer=optimizer, step=done)
    onward = run(model, optimizer, more)
    other, its = made(widths, kind, seed=2)
    impl.load_checkpoint(path="run.pt", model=other, optimizer=its)
    return {"never interrupted": onward, "resumed": run(other, its, more)} | state(other, its)


def readable(value, **_):
    """Complains unless the file could be read."""
    if isinstance(value, Raised):
        return f"torch.load(path, weights_only=True) raises {value.classes[0]}."
    return None


@check(
    widths=widths, kind=kinds, done=ints(0, 1), step=numbers, examples=5, expect=relation(readable)
)
def safe(impl, widths, kind, done, step):
    """The file can be read with torch.load(path, weights_only=True), which runs no code."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, done)
    impl.save_checkpoint("run.pt", model, optimizer, step)
    return attempt(torch.load, "run.pt", weights_only=True)


@check(widths=widths, kind=kinds, name=names, as_path=st.booleans(), examples=8, expect=same)
def paths(impl, widths, kind, name, as_path):
    """The path may be a str or a Path; its one file holds everything and may be moved."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, 1)
    os.makedirs("runs", exist_ok=True)
    os.makedirs("moved", exist_ok=True)
    impl.save_checkpoint(Path(name) if as_path else name, model, optimizer, 7)
    os.rename(name, "moved/run")
    return loaded(impl, Path("moved/run") if as_path else "moved/run", widths, kind)


@check(
    widths=widths,
    kind=kinds,
    share=st.sampled_from([0.5, 0.0, 0.2, 0.97]),
    cleanups=ints(0, 2),
    examples=12,
    expect=same,
)
def crash(impl, widths, kind, share, cleanups):
    """Cut off at any byte, a save raises and leaves the old file whole; the next save works."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, 1)
    impl.save_checkpoint("run.pt", model, optimizer, 1)
    run(model, optimizer, 1)
    limit = int(share * os.path.getsize("run.pt"))
    raised = dying(limit, cleanups, impl.save_checkpoint, "run.pt", model, optimizer, 2)
    old = loaded(impl, "run.pt", widths, kind)
    impl.save_checkpoint("run.pt", model, optimizer, 3)
    return {"raised": raised, "old": old, "next": loaded(impl, "run.pt", widths, kind)}


@check(widths=widths, kind=kinds, examples=5, expect=same)
def replaces(impl, widths, kind):
    """At every moment the file is the old or the new one, whole; an open old one stays whole."""
    model, optimizer = made(widths, kind, seed=1)
    impl.save_checkpoint("run.pt", model, optimizer, 1)
    seen = [1]

    def look():
        found = attempt(loaded, impl, "run.pt", widths, kind)
        seen.append(found["step"] if isinstance(found, dict) else found)

    with open("run.pt", "rb") as file:
        run(model, optimizer, 1)
        watched(look, impl.save_checkpoint, "run.pt", model, optimizer, 2)
        Path("old.pt").write_bytes(file.read())
    steps = list(dict.fromkeys([*seen, 2]))
    return [steps, *(loaded(impl, path, widths, kind) for path in ("old.pt", "run.pt"))]


@check(
    widths=widths,
    kind=kinds,
    name=st.sampled_from(["nowhere.pt", "nowhere/run.pt"]),
    as_path=st.booleans(),
    examples=5,
    expect=same,
)
def missing(impl, widths, kind, name, as_path):
    """A file that isn't there raises FileNotFoundError and changes nothing."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, 1)
    path = Path(name) if as_path else name
    raised = refuses((FileNotFoundError,), impl.load_checkpoint, path, model, optimizer)
    return {"raised": raised} | state(model, optimizer)


@check(widths=widths, kind=kinds, change=st.sampled_from(changes), examples=12, expect=same)
def mismatch(impl, widths, kind, change):
    """A file of another model or other groups is refused, and nothing is changed by it."""
    model, optimizer = made(widths, kind, seed=1)
    run(model, optimizer, 1)
    impl.save_checkpoint("run.pt", model, optimizer, 1)
    other, its = made(widths, kind, seed=2, **change)
    run(other, its, 1)
    odd = (RuntimeError, KeyError, ValueError)
    raised = refuses(odd, impl.load_checkpoint, "run.pt", other, its)
    return {"raised": raised} | state(other, its)
