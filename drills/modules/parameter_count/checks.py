import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import choice, ints, recipe
from drill.grader.checks import check
from drill.grader.expect import exact

PLAIN = (
    ["linear", "relu", "linear"],
    "linear",
    ["dict", "list", "linear"],
    {"scale": "array", "body": "linear", "table": "bytes"},
    [["linear", ("linear", ["slope"])], {"inner": {"table": "array", "head": "linear"}}],
    [],
)
BUFFERS = ["linear", "norm"], {"body": ["stats", "kept"], "norm": "norm"}, "stats", ["kept"]
SHARED = (
    ["linear", "tied"],
    ["linear", "relu", "again"],
    {"embed": "linear", "body": ["relu", ("tied", "tied")], "last": "again"},
    ["slope", "slope", ["slope"]],
    ["twice", {"body": "twice"}],
    {"first": "linear", "second": "view", "third": "view"},
)
LARGE = ["huge", "huge"], {"low": "bytes", "body": ("huge", "linear")}, ["linear", "huge", "relu"]


def leaf(kind, a, b, made):
    """A module or parameter, by name; `made` holds the earlier ones of the model."""
    layer = nn.Linear(a, b)
    if kind == "tied":  # the same Parameter, and a bias of its own
        layer.weight = made[0].weight
    if kind == "twice":  # one Parameter under two names of one module
        layer.second = layer.weight
    if kind == "kept":
        layer.register_buffer("kept", torch.ones(a, b), persistent=False)
    makers = {
        "again": lambda: made[0],
        "view": lambda: nn.Parameter(made[0].weight.detach()),  # another one, the same memory
        "huge": lambda: nn.Linear(39_979 * a, 70_001 * b, device="meta"),
        "list": lambda: nn.ParameterList([torch.ones(a), torch.ones(b, 2, a)]),
        "dict": lambda: nn.ParameterDict({"up": torch.ones(b, a), "down": torch.ones(())}),
        "norm": lambda: nn.BatchNorm1d(b),
        "stats": lambda: nn.BatchNorm1d(b, affine=False),
        "array": lambda: nn.Parameter(torch.ones(b, 2, a)),
        "bytes": lambda: nn.Parameter(torch.ones(a, 3, b).to(torch.int8), requires_grad=False),
        "relu": nn.ReLU,
        "slope": nn.PReLU,
    }
    return makers.get(kind, lambda: layer)()


class Custom(nn.Module):
    """Parts as attributes, and what is no parameter: Nones, tensors in a plain list."""

    def __init__(self, parts):
        super().__init__()
        for name, part in (parts | {"extra": nn.ReLU(), "shift": nn.Parameter()}).items():
            setattr(self, name, part)
        self.extra = self.shift = None
        self.notes = [nn.Parameter(torch.ones(2)), torch.ones(2, requires_grad=True)]


def tree(parts, a, b, made):
    """The module that the nested names stand for."""
    if isinstance(parts, str):
        made.append(leaf(parts, a, b, made))
        return made[-1]
    if isinstance(parts, dict):
        return Custom({name: tree(part, a, b, made) for name, part in parts.items()})
    below = [tree(part, a, b, made) for part in parts]
    return nn.Sequential(*below) if isinstance(parts, list) else nn.ModuleList(below)


def build(parts, a, b, frozen):
    """That model; bit n of `frozen` tells if its n-th parameter is frozen."""
    model = tree(parts, a, b, [])
    for place, parameter in enumerate(model.parameters()):
        if frozen >> place & 1:
            parameter.requires_grad_(False)
    return model


def models(*trees):
    """Draws for models of these kinds, of unequal sizes, with parameters frozen at random."""
    some = st.sampled_from([0, 0b1010010, 0b0101101, 0b100, 0b11, -1])
    return recipe(build, parts=choice(trees), a=ints(2, 6), b=ints(2, 7), frozen=some)


@check(model=models(*PLAIN), examples=24, expect=exact())
def counts(impl, model):
    """Counts the elements of all parameters, however deep, and of those trained and frozen."""
    return impl.count_parameters(model), impl.count_parameters(model=model)


@check(model=models(*BUFFERS), examples=8, expect=exact())
def buffers(impl, model):
    """Buffers are no parameters."""
    return impl.count_parameters(model)


@check(model=models(*SHARED), examples=20, expect=exact())
def shared(impl, model):
    """A parameter used at several places counts once; two that are merely equal count twice."""
    return impl.count_parameters(model)


@check(model=models(*LARGE), examples=9, expect=exact())
def large(impl, model):
    """Is exact for billions of parameters, of any dtype, also where they have no memory."""
    return impl.count_parameters(model)


numbers = ("counts", "buffers", "shared", "large")


@check(model=models(*LARGE, *PLAIN, *BUFFERS, *SHARED), expect=exact(), after=numbers)
def describes(impl, model):
    """The line has all three numbers, with a comma between thousands."""
    return impl.describe_parameters(model), impl.describe_parameters(model=model)


changing = models(["linear", "norm"], ["linear", "tied", "slope"])


@check(model=changing, examples=8, expect=exact(), after=("describes",))
def current(impl, model):
    """Each call tells the present numbers, in either mode, and changes nothing in the model."""
    found = []
    model[1].eval()  # unlike the model, which is in training mode at first
    for turn in range(4):
        counted = impl.count_parameters(model)
        found.append((dict(counted), impl.describe_parameters(model)))
        counted["total"] = -1
        state = [(p.requires_grad, p.grad is None) for p in model.parameters()]
        found.append((state, [module.training for module in model.modules()]))
        for place, parameter in enumerate(model.parameters()):
            parameter.grad = torch.ones_like(parameter)
            parameter.requires_grad_((place + turn) % 2 == 0)
        if turn == 1:
            model.append(nn.Linear(30 + turn, 40)).eval()
            model[1].train()
        if turn == 2:
            found.append(impl.count_parameters(model))
            flag = model[0].bias.requires_grad  # under the same name, and with the same flag
            model[0].bias = nn.Parameter(torch.ones(11), requires_grad=flag)
            found.append(impl.count_parameters(model))
    return found
