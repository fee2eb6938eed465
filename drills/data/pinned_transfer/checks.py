import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from drill.grader.cases import choice, ints, recipe
from drill.grader.checks import check
from drill.grader.expect import exact

CPU, META = torch.device("cpu"), torch.device("meta")
TENSORS = {
    "floats": lambda: torch.arange(6.0).view(2, 3),
    "ids": lambda: torch.arange(4) - 7,
    "mask": lambda: torch.tensor([[True], [False]]),
    "0-d": lambda: torch.tensor(2.5, dtype=torch.float64),
    "empty": lambda: torch.empty(0, 3, dtype=torch.float16),
    "turned": lambda: torch.arange(6, dtype=torch.bfloat16).view(2, 3).t(),
    "expanded": lambda: torch.ones(1, 3, dtype=torch.complex64).expand(2, 3),
    "leaf": lambda: torch.ones(2, 2, requires_grad=True),
    "computed": lambda: torch.ones(3, requires_grad=True) * 2,
    "parameter": lambda: nn.Parameter(torch.zeros(2)),
    "subclass": lambda: torch.arange(3.0).as_subclass(Marked),
    "there": lambda: torch.ones(2, 3, device=META).t(),
    "there, leaf": lambda: torch.ones(2, device=META, requires_grad=True),
}
OTHERS = {
    "text": lambda: "two words",
    "None": lambda: None,
    "zero": lambda: 0,
    "pair": lambda: (torch.ones(2), 1),
    "list": lambda: [1, 2, 3],
    "tensors": lambda: [torch.ones(2), torch.zeros(1)],
    "nested": lambda: {"ids": torch.arange(3), "deeper": {}},
    "array": lambda: np.arange(3.0),
    "scalar": lambda: np.float32(1.5),
    "movable": lambda: Movable(),
}
NAMES = ("ids", "x", "a", "mask")  # in no order that sorting would give
here = [kind for kind in TENSORS if "there" not in kind]
ways = st.tuples(st.sampled_from(["named", "default", "in order"]), st.booleans())


class Marked(Tensor):
    """A tensor of another class."""


class Movable:
    """No tensor, but with the methods of one."""

    def to(self, *_, **__):
        return "moved"

    pin_memory = cuda = to


def made(kind, rest, at):
    """A batch of values of these kinds, `kind` at place `at` of the rest; or an empty one."""
    if kind == "views":  # of one memory, and yet four tensors
        x = torch.arange(6.0).view(2, 3).requires_grad_()
        return {"x": x, "a": x.t(), "ids": x.view(-1), "mask": x.detach()}
    kinds = [] if kind == "no values" else [*rest[:at], kind, *rest[at:]]
    return dict(zip(NAMES, [(TENSORS | OTHERS)[one]() for one in kinds], strict=False))


def batches(kinds, beside):
    """Each of `kinds` in turn, with up to three values beside it."""
    rest = st.lists(st.sampled_from(beside), max_size=3)
    return recipe(made, kind=choice(kinds), rest=rest, at=ints(0, 3))


def facts(value, known):
    """Which object of the batch this is, or what can be said of another one."""
    if id(value) in known:
        return f"the object at {known[id(value)]!r}"
    if not isinstance(value, Tensor):
        return f"another object, a {type(value).__name__}"
    text = f"{tuple(value.shape)} by {value.stride()}, {value.dtype} on {value.device.type}"
    return f"a new tensor {text}{', requires grad' * value.requires_grad}"


def observed(impl, batch, device, way):
    """Two calls: their results, the batch afterwards, and what they called."""
    known = {id(value): name for name, value in batch.items()}
    calls, old = [], torch.cuda.synchronize
    Tensor.pin_memory = lambda self, *_: calls.append(f"pin_memory on {self.device}") or self + 0
    torch.cuda.synchronize = lambda *_: calls.append("synchronize")
    try:
        if way[0] == "named":
            out = impl.to_device(batch=batch, device=device, non_blocking=way[1])
        else:
            out = impl.to_device(batch, device, *[way[1]] * (way[0] == "in order"))
        again = impl.to_device(batch, device)
    finally:
        del Tensor.pin_memory
        torch.cuda.synchronize = old
    rows = {"result": out, "batch afterwards": batch, "next result": again}
    found = {row: [(k, facts(v, known)) for k, v in one.items()] for row, one in rows.items()}
    tensors = [v.as_subclass(Tensor) for v in batch.values() if isinstance(v, Tensor) and v.is_cpu]
    return found | {"dicts": len({*map(id, rows.values())}), "calls": calls, "tensors": tensors}


@check(batch=batches([*here, "no values"], here), way=ways, examples=28, expect=exact())
def on_cpu(impl, batch, way):
    """On the CPU nothing is pinned or copied: a new dict holds the very same tensors, in order."""
    return observed(impl, batch, CPU, way)


@check(batch=batches([*TENSORS, "views"], list(TENSORS)), way=ways, examples=28, expect=exact())
def to_meta(impl, batch, way):
    """Every tensor that isn't there is moved, without pinning; one that is there is passed on."""
    return observed(impl, batch, META, way)


devices = st.sampled_from([CPU, META])


@check(
    batch=batches(OTHERS, [*here, *OTHERS]), device=devices, way=ways, examples=24, expect=exact()
)
def other_values(impl, batch, device, way):
    """What is no tensor is passed on as it is and not looked into."""
    return observed(impl, batch, device, way)


@check(pinned=st.booleans(), non_blocking=st.booleans(), examples=4, expect=exact(), gpu=True)
def on_cuda(impl, pinned, non_blocking):
    """A host tensor is pinned, then copied with non_blocking as given."""
    there, host = torch.ones(2, device="cuda"), torch.arange(6.0)
    copies, move = [], Tensor.to
    batch = {"x": host.pin_memory() if pinned else host, "there": there}

    def to(self, *args, **named):
        asked = named.get("non_blocking", (*args, False, False, False)[2])
        copies.extend([(self.is_pinned(), asked)] if self.is_cpu else [])
        return move(self, *args, **named)

    Tensor.to = to
    try:
        out = impl.to_device(batch, torch.device("cuda"), non_blocking)
    finally:
        del Tensor.to
    found = {name: facts(value, {id(there): "there"}) for name, value in out.items()}
    return found, out["x"].cpu(), copies, host.is_pinned()
