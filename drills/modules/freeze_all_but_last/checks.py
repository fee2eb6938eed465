import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import choice, recipe
from drill.grader.checks import check, refuses
from drill.grader.expect import exact

# Models as names nested in lists (Sequential) or dicts (attributes), with their number of layers
PLAIN = (
    (["linear", "linear", "slope", "relu", "relu"], 3),
    (["linear", "norm", "linear", "stats", "relu"], 3),
    ([["linear", "relu", "linear"], "relu", ["linear", ["linear"]], ["relu"], "norm"], 3),
    ({"scale": "array", "body": ["linear", "norm"], "gap": None, "f": "linear", "end": "list"}, 3),
    ({"fc": "linear", "fc1": "linear", "fc10": "linear", "f": "linear"}, 4),
    (["linear"] * 12, 12),
)
SHARED = (
    ({"embed": "linear", "body": "linear", "head": "tied"}, 3),
    (["linear", "norm", "linear", "again"], 3),
    ({"back": ["norm", "linear", "linear"], "middle": "alias", "head": "linear"}, 3),
    ({"table": "array", "body": "linear", "out": "linear", "head": "tied"}, 3),
    ({"one": ["linear", "linear"], "two": ["again", "linear"], "three": "tied", "act": "relu"}, 3),
)
SMALL = ({"scale": "array", "head": "linear"}, 1), (["stats", ["relu"]], 0), ("linear", 0), ([], 0)


def leaf(kind, made):
    """A module or parameter, by name; `made` holds the earlier ones of the model."""
    layer = nn.Linear(2, 3, bias=kind != "tied")
    if kind == "tied":
        layer.weight = getattr(made[0], "weight", made[0])
    makers = {
        "again": lambda: made[0],
        "alias": lambda: made[1],
        "array": lambda: nn.Parameter(torch.ones(3, 2)),
        "list": lambda: nn.ParameterList([torch.ones(2), torch.ones(1)]),
        "norm": lambda: nn.BatchNorm1d(3),
        "stats": lambda: nn.BatchNorm1d(3, affine=False),
        "relu": nn.ReLU,
        "slope": nn.PReLU,
    }
    return makers.get(kind, lambda: layer)()


def tree(parts, made):
    """The module that the nested names stand for."""
    if isinstance(parts, str):
        made.append(leaf(parts, made))
        return made[-1]
    if isinstance(parts, list):
        return nn.Sequential(*(tree(part, made) for part in parts))
    model = nn.Module()
    for name, part in parts.items():
        setattr(model, name, nn.ReLU() if part is None else tree(part, made))
        if part is None:
            setattr(model, name, None)
    return model


def build(parts, frozen):
    """That model, its n-th parameter filled with n; bit n of `frozen` tells if it is frozen."""
    model = tree(parts, [])
    for place, parameter in enumerate(model.parameters()):
        nn.init.constant_(parameter, place).requires_grad_(not frozen >> place & 1)
    return model


def cases(*kinds):
    """Draws for a model, and the number of its layers."""
    both = st.shared(choice(kinds), key=repr(kinds))
    some = st.sampled_from([0, 0b1010010110, -1, 0b11, 0b0101101001])
    model = recipe(build, parts=both.map(lambda pair: pair[0]), frozen=some)
    return {"model": model, "most": both.map(lambda pair: pair[1])}


def flags(model):
    """Under each name of a parameter, repeats too, whether it is trainable."""
    named = model.named_parameters(remove_duplicate=False)
    return {name: parameter.requires_grad for name, parameter in named}


layers = st.sampled_from([{}, {"layers": 1}, {"layers": 2}, {"layers": 3}])


@check(**cases(*PLAIN), given=layers, examples=26, expect=exact())
def exactly(impl, model, most, given):
    """The parameters of the last layers are trainable, and no others; 2 layers by default."""
    return impl.freeze_all_but_last(model, **given), flags(model)


@check(**cases(*SHARED), count=st.sampled_from([1, 2]), examples=22, expect=exact())
def shared(impl, model, most, count):
    """What one of the last layers holds is trainable, also if it stands at an earlier place too."""
    return impl.freeze_all_but_last(model, count), flags(model)


few = cases(*PLAIN[1:4:2], *SHARED[::2], *SMALL)


@check(**few, examples=20, expect=exact(), after=("shared",))
def ends(impl, model, most):
    """layers = 0 freezes everything; the number of layers frees all that belongs to one."""
    all_of_them = impl.freeze_all_but_last(layers=most, model=model), flags(model)
    return all_of_them, impl.freeze_all_but_last(model, 0), flags(model)


@check(**few, examples=20, expect=exact(), after=("ends",))
def refusal(impl, model, most):
    """More layers than there are, or fewer than 0, raise ValueError and change nothing."""
    found = []
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    for bad in (most + 1, -1, most + 3, -most - 1, most + 1000):
        found.append(refuses((ValueError,), impl.freeze_all_but_last, model, bad))
        kept = [parameter.grad is not None for parameter in model.parameters()]
        found.append((flags(model), kept))
    return found, impl.freeze_all_but_last(model, most)


def step(parameters, speeds):
    """What torch.optim.SGD does, with momentum and weight decay: None is left alone."""
    for parameter, speed in zip(parameters, speeds, strict=True):
        if parameter.grad is not None:
            speed.mul_(0.5).add_(parameter.grad + 0.25 * parameter.detach())
            parameter.data.sub_(0.5 * speed)


@check(**cases(*PLAIN[2:4], *SHARED[:2]), examples=8, expect=exact(), after=("ends",))
def steps(impl, model, most):
    """Frozen parameters lose their gradient; an optimizer's step moves the trainable ones alone."""
    everything = list(model.parameters())
    speeds = [torch.ones_like(parameter) for parameter in everything]
    for parameter in everything:
        parameter.grad = torch.ones_like(parameter)
    impl.freeze_all_but_last(model, 1)
    left = {name: p.grad is not None for name, p in model.named_parameters() if not p.requires_grad}
    for parameter in everything:
        if parameter.requires_grad:
            parameter.grad = torch.ones_like(parameter)
    step(everything, speeds)
    return left, [parameter.detach().clone() for parameter in everything]


@check(**cases(*PLAIN[1:4], SHARED[0]), examples=8, expect=exact(), after=("ends",))
def again(impl, model, most):
    """A further call starts afresh; parameters, buffers and modes stay what they are."""
    other, found = build(["linear", "relu", "linear"], 1), []
    for place, module in enumerate(model.modules()):
        module.training = place % 3 == 1
    parameters = list(model.parameters())
    for turn, count in enumerate((2, 1, 3, 0, 2)):
        names = impl.freeze_all_but_last(model, count)
        same = [one is two for one, two in zip(parameters, model.parameters(), strict=False)]
        modes = [torch.is_grad_enabled(), *(module.training for module in model.modules())]
        found.append((names, flags(model), same, modes, dict(model.state_dict())))
        found.append((impl.freeze_all_but_last(other, turn % 3), flags(other)))
        if turn == 2:
            model.add_module("added", nn.PReLU())
    return found
