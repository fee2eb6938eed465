from contextlib import contextmanager
from itertools import product

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from drill.grader.cases import FLOATS, LAYOUTS, choice, ints, make_tensor
from drill.grader.checks import check, refuses
from drill.grader.expect import close, exact

MOVE, DATA = Tensor.to, Tensor.data
LATE = []  # copies to the CPU that haven't arrived: where to, and the values
PLACES = ["cpu", "cuda:0", "cuda:1"]
same = close(oracle="as drawn")
few = ints(0, 19)


def where(tensor):
    """The device of a tensor, by name."""
    return tensor.place if isinstance(tensor, Elsewhere) else "cpu"


def plain(tensor):
    """The values of a tensor, wherever it is."""
    return tensor.as_subclass(Tensor).detach()


class Elsewhere(Tensor):
    """Stands for a tensor on a GPU: its memory is the host's, but it doesn't mix with others."""

    device = property(lambda self: torch.device(self.place))
    is_cuda, is_cpu = True, False

    def __deepcopy__(self, memo):
        memo[id(self)] = out = self.detach().clone().requires_grad_(self.requires_grad)
        out._is_param = getattr(self, "_is_param", False)
        return out

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        leaves = [one for one in tree_leaves((args, kwargs or {})) if isinstance(one, Tensor)]
        places = sorted({where(one) for one in leaves})
        if len(places) > 1 and func is not torch._has_compatible_shallow_copy_type:
            raise RuntimeError(f"expected all tensors on one device, but found {places}")
        out = super().__torch_function__(func, types, args, kwargs)
        for one in tree_leaves(out):
            if isinstance(one, Elsewhere):
                one.place = places[0]
        return out


def moved(self, *given, **named):
    """What Tensor.to does on a machine with stand-ins for GPUs."""
    copy = named.pop("copy", False)
    if given and isinstance(given[0], Tensor):
        given = (where(given[0]), given[0].dtype)
    device, dtype, non_blocking, _ = torch._C._nn._parse_to(*given, **named)
    place = where(self) if device is None else device.type
    if place == "cuda":
        place = f"cuda:{device.index or 0}"
        if int(place[5:]) >= torch.cuda.device_count():
            raise RuntimeError(f"there is no device {place}")
    if place == where(self) and dtype in (None, self.dtype) and not copy:
        return self
    out = MOVE(self.as_subclass(Tensor), dtype or self.dtype, copy=True)
    if place != "cpu":
        out = out.as_subclass(Elsewhere)
        out.place = place
    elif non_blocking and where(self) != "cpu":
        LATE.append((out.detach(), out.detach().clone()))
        LATE[-1][0].zero_()
    return out


def put(self, value):
    """What setting .data does: the object stays, and lies where the value lies."""
    place, values = where(value), value.as_subclass(Tensor)
    kind = nn.Parameter if isinstance(self, nn.Parameter) else Tensor
    self.__class__ = kind
    DATA.__set__(self, values)
    if place != "cpu":
        self.__class__, self.place, self._is_param = Elsewhere, place, kind is nn.Parameter


def gpu(device):
    """The device that Tensor.cuda means."""
    return torch.device("cuda", device or 0) if isinstance(device, int | None) else device


@contextmanager
def machine(gpus):
    """A computer with so many GPUs, all of them stand-ins."""
    cuda = {
        "device_count": lambda: gpus,
        "is_available": lambda: gpus > 0,
        "synchronize": lambda *_: [late.copy_(values) for late, values in LATE],
        "current_device": lambda: 0,
    }
    old = {name: getattr(torch.cuda, name) for name in cuda}
    tensor = {
        "to": moved,
        "cpu": lambda self, *_, **__: moved(self, "cpu"),
        "cuda": lambda self, device=None, *_, **__: moved(self, gpu(device)),
        "data": property(lambda self: DATA.__get__(self), put),
    }
    LATE.clear()
    try:
        for owner, names in ((torch.cuda, cuda), (Tensor, tensor)):
            for name, stand_in in names.items():
                setattr(owner, name, stand_in)
        yield
    finally:
        for name, value in old.items():
            setattr(torch.cuda, name, value)
        for name in tensor:
            delattr(Tensor, name)


class Notes(list):
    """What a model and its copies note."""

    def __deepcopy__(self, memo):
        return self


class Net(nn.Module):
    """A model with or without parameters and buffers; it notes how it is called."""

    def __init__(self, kind, inputs, outputs, dtype, seed):
        super().__init__()
        table = nn.Embedding(5, outputs, dtype=dtype)
        linear = nn.Linear(inputs, outputs, dtype=dtype)
        self.body = {"ids": table, "identity": nn.Identity()}.get(kind, linear)
        source = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=source).to(dtype)
        self.rest = nn.Dropout(0.5)
        if kind == "buffers":
            scales = torch.arange(1, outputs + 1, dtype=dtype) / 2
            self.rest.register_buffer("scale", scales, persistent=False)
            self.register_buffer("shift", -scales)
        self.calls, self.notes = Notes(), Notes()
        self.eval()

    def forward(self, x):
        self.calls.append(len(x))
        out = self.rest(self.body(x))
        return out * self.rest.scale + self.shift if hasattr(self, "shift") else out


def note(model, given):
    """Notes what lies where when the model is called."""
    held = [*given, *model.parameters(), *model.buffers()]
    model.notes.append([where(tensor) for tensor in held])


def made(kind, sizes, rows, seed, dtype=torch.float32):
    """A model, and its input from these rows."""
    x = rows.abs().long() if kind == "ids" else rows.to(dtype)
    return Net(kind, *sizes[1:], dtype, seed), x


def placed(case, kind, sizes, rows, seed):
    """A model and its input, where the case wants them."""
    model, x = made(kind, sizes, rows, seed)
    model.register_forward_pre_hook(note)
    return model.to(case[2]), x.to(case[3])


@contextmanager
def without_gpus():
    """A computer without GPUs."""
    stand_ins = {"is_available": lambda: False, "device_count": lambda: 0}
    old = {name: getattr(torch.cuda, name) for name in stand_ins}
    try:
        for name, value in stand_ins.items():
            setattr(torch.cuda, name, value)
        yield
    finally:
        for name, value in old.items():
            setattr(torch.cuda, name, value)


def call(impl, model, x, device, way):
    """Call it one way or another."""
    if way == "named":
        return impl.predict_on(model=model, x=x, device=device)
    left_out = way == "short" and device is None
    return impl.predict_on(model, x) if left_out else impl.predict_on(model, x, device)


def state(x, before):
    """What is to stay as it is: where x lies, its memory, values and flags."""
    flags = [x.requires_grad, x.is_leaf, x.grad is None]
    return {"on": where(x), "same memory": x.data_ptr() == before, "flags": flags, "x": plain(x)}


kinds = ["linear", "buffers", "ids", "identity"]
shapes = st.sampled_from([(2, 3, 4), (3, 2, 2), (1, 4, 3), (4, 1, 1), (0, 2, 3)])
sizes = st.shared(shapes, key="sizes")
layouts = st.sampled_from(LAYOUTS)
fixed = st.just(torch.float64), st.just("small")
rows = st.builds(make_tensor, sizes.map(lambda drawn: drawn[:2]), *fixed, layouts, few)
drawn = {"sizes": sizes, "rows": rows, "seed": few}
ways = st.sampled_from(["short", "named", "in order"])
asked = [(2, None), (2, "cpu"), (2, "cuda"), (2, "cuda:1"), (0, None), (0, "cpu"), (1, "cuda:0")]
both = [(m, x) for m in range(3) for x in range(3)]  # where model and input lie at first
situations = [(*a, PLACES[m], PLACES[x]) for a in asked for m, x in both if max(m, x) <= a[0]]
cases = choice(situations)


@check(
    kind=choice(list(product(kinds, FLOATS))),
    device=st.sampled_from([None, "cpu"]),
    way=ways,
    examples=20,
    expect=close(oracle="as drawn", graph=False),
    **drawn,
)
def computes(impl, kind, sizes, rows, device, way, seed):
    """Without a GPU it gives what the model gives, in its dtype, and x stays as it is."""
    model, x = made(kind[0], sizes, rows, seed, kind[1])
    before = x.data_ptr()
    with without_gpus():
        out = call(impl, model, x, device, way)
    found = {"result": out, "rows in each call": list(model.calls), "x": x}
    return found | {"x in the same memory": x.data_ptr() == before}


@check(
    flags=choice(list(product([True, False], [True, False]))),
    device=st.sampled_from([None, "cpu"]),
    examples=8,
    expect=same,
    **drawn,
)
def no_graph(impl, flags, sizes, rows, device, seed):
    """The result has no graph; flags, gradients, modes and autograd's mode are left alone."""
    found = {}
    for kind in ("linear", "identity", "ids"):
        model, x = made(kind, sizes, rows.clone(), seed)
        x.requires_grad_(flags[0] and kind != "ids")
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        with without_gpus(), torch.set_grad_enabled(flags[1]):
            out = impl.predict_on(model, x, device)
            after = torch.is_grad_enabled()
        held = [(p.requires_grad, p.grad) for p in model.parameters()]
        modes = [one.training for one in model.modules()]
        facts = {"result requires grad": out.requires_grad, "recording after": after}
        facts |= {"x requires grad": x.requires_grad, "gradient of x": x.grad}
        found[kind] = facts | {"parameters and gradients": held, "training": modes}
    return found


@check(case=cases, way=ways, examples=len(situations), expect=exact(), **drawn)
def picks(impl, case, sizes, rows, way, seed):
    """With stand-ins for GPUs: it runs on the device, None being CUDA if it is there."""
    with machine(case[0]):
        model, x = placed(case, "linear", sizes, rows, seed)
        for device in (case[1], "cpu"):
            call(impl, model, x, device, way)
    return {"x, weight, bias when called": model.notes}


@check(case=cases, examples=8, expect=exact(), after=("picks",), **drawn)
def whole(impl, case, sizes, rows, seed):
    """The model's buffers are moved with its parameters."""
    with machine(case[0]):
        model, x = placed(case, "buffers", sizes, rows, seed)
        impl.predict_on(model, x, case[1])
    return {"x, weight, bias and buffers when called": model.notes}


@check(
    case=cases,
    kind=st.sampled_from(["linear", "ids", "identity"]),
    examples=14,
    expect=same,
    after=("picks",),
    **drawn,
)
def brings_back(impl, kind, case, sizes, rows, seed):
    """The result is on the CPU and its values have arrived, call after call."""
    found = []
    with machine(case[0]):
        model, x = placed(case, kind, sizes, rows, seed)
        for device in (case[1], "cpu", None):
            out = impl.predict_on(model, x, device)
            facts = {"on": where(out), "values": plain(out).clone()}
            found.append(facts | {"requires grad": out.requires_grad})
    return found


@check(
    kind=choice(["linear", "identity"]),
    case=cases,
    wanted=st.booleans(),
    examples=14,
    expect=same,
    after=("picks",),
    **drawn,
)
def keeps_x(impl, kind, case, sizes, rows, wanted, seed):
    """The caller's tensor stays where it was and as it was."""
    with machine(case[0]):
        model, x = placed(case, kind, sizes, rows, seed)
        x.requires_grad_(wanted)
        before = x.data_ptr()
        impl.predict_on(model, x, case[1])
        return state(x, before)


@check(
    device=choice(["cuda", "cuda:0", "cuda:1"]),
    examples=4,
    expect=same,
    after=("picks",),
    **drawn,
)
def absent(impl, device, sizes, rows, seed):
    """A device that is asked for by name and isn't there raises, and x stays as it is."""
    with machine(0):
        model, x = placed((0, device, "cpu", "cpu"), "linear", sizes, rows, seed)
        before = x.data_ptr()
        return refuses((Exception,), impl.predict_on, model, x, device), state(x, before)


@check(
    device=choice([None, "cuda", "cpu"]),
    kind=st.sampled_from(kinds),
    examples=6,
    gpu=True,
    expect=same,
    **drawn,
)
def on_cuda(impl, device, kind, sizes, rows, seed):
    """On a real GPU: the values, the device of the result, x."""
    model, x = made(kind, sizes, rows, seed, torch.float64)
    out = impl.predict_on(model, x, device)
    return {"on": out.device.type, "result": out, "x on": x.device.type, "x": x}
