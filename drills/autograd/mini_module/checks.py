import sys

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import Sizes, choice, ints, tensors
from drill.grader.checks import attempt, check, gradients, refuses
from drill.grader.expect import exact

NAMES = ("w", "b", "_k", "a", "v2", "v10", "out", "h", "c", "g", "d")  # in no alphabetical order
MODULE_CODE = nn.Module.named_parameters.__code__.co_filename
s = Sizes("N I O")
kinds = ["list", "tensor", "parameter", "module", "none", "number", "delete", "dict", "nn.Linear"]
kinds += ["delete", "trained tensor", "class"]
bad_shapes = [((3,), (1,)), ((2,), ()), ((1,), ()), ((), (1,)), ((2, 3), (3,)), ((2, 3), (3, 2))]
bad_names = ["no p", "no m.p", "no names", "m.q.w", "buffer", "m", "training"]
modes = [("eval", {}), ("train", {}), ("train", {"mode": False}), ("train", {"mode": True})]


class Scale(nn.Parameter):
    """A kind of Parameter."""


def layout_of(frame, entries):
    """By path, in order of definition: a shape, "module", or the path of an earlier object."""
    made, homes = {}, {"": 0}  # how many attributes each module has
    for place, what, pick in (*frame, *entries):
        *_, home = before = list(homes)[: 1 + place % len(homes)]
        path = f"{home}.{NAMES[homes[home]]}".lstrip(".")
        homes[home] += 1
        if what == "shared":
            known = [one for one, kind in made.items() if isinstance(kind, tuple)]
            known += list(homes)[len(before) :]  # modules that can't hold this one: no circles
            what = known[pick % len(known)] if known else (2,)
        elif what == "module":
            homes[path] = 0
        made[path] = what
    return made


def layouts(*more, most=9):
    """Draws for modules in modules, with Parameters of few shapes."""
    whats = st.sampled_from([(2,), "module", *more, (1, 3), (), (0, 2), (2, 3), "module", *more])
    entry = st.tuples(ints(0, 7), whats, ints(0, 7))
    frame = choice([(), tuple((home, "module", 0) for home in (0, 1, 0))])
    return st.builds(layout_of, frame, st.lists(entry, min_size=2, max_size=most))


def parameter(shape, number=0):
    """Equal shapes have equal values; dtype and flag differ by number."""
    values = torch.arange(torch.Size(shape).numel()).reshape(shape) + 1
    dtype = torch.float64 if number % 3 == 2 else torch.float32
    return nn.Parameter(values.to(dtype), requires_grad=number % 4 != 3)


def built(impl, layout, **defaults):
    """Every object by its path, the root's being ""; the root's class may have attributes."""
    made = {"": type("Root", (impl.MiniModule,), defaults)()}
    for number, (path, what) in enumerate(layout.items()):
        home, _, name = path.rpartition(".")
        if what == "module":
            made[path] = impl.MiniModule()
        else:
            made[path] = made[what] if isinstance(what, str) else parameter(what, number)
        setattr(made[home], name, made[path])
    return made


def label(thing, made):
    """The first path of an object."""
    return next((path for path, one in made.items() if one is thing), "an unknown object")


def listed(module, made):
    """The names and the objects that it lists, an object by its first path."""
    named = [[name, label(one, made)] for name, one in module.named_parameters()]
    return {"named": named, "parameters": [label(one, made) for one in module.parameters()]}


def modules(made):
    """By their first paths."""
    return {label(one, made): one for one in made.values() if not isinstance(one, nn.Parameter)}


def filled(made):
    """The Parameters by their first paths, with values that tell them apart."""
    held = {label(one, made): one for one in made.values() if isinstance(one, nn.Parameter)}
    for number, one in enumerate(held.values()):
        one.data.add_(10 * number)
    return held


@check(layout=layouts(), pick=ints(0, 7), examples=18, expect=exact())
def names(impl, layout, pick):
    """Own Parameters first, then those of children at any depth, in order and by dotted names; a
    name that is assigned anew, by a Parameter or a child as before, keeps its place."""
    made = built(impl, layout)
    found = [listed(module, made) for module in modules(made).values()]
    path = list(layout)[pick % len(layout)]
    home, _, name = path.rpartition(".")
    made["late"] = Scale(torch.ones(1))
    if layout[path] == "module":
        made["new"] = type("Empty", (impl.MiniModule,), {"__len__": lambda self: 0})()
        made["new"].late = made["late"]
    setattr(made[home], name, made.get("new", made["late"]))
    return found, listed(made[""], made)


@check(layout=layouts("shared", "shared"), examples=16, expect=exact())
def shared(impl, layout):
    """The same Parameter object is listed once, under its first name; equal ones are not one,
    nor those in the same memory."""
    made = built(impl, layout)
    made["y"] = made[""].y = parameter((1,))
    made["z"] = made[""].z = nn.Parameter(made["y"].detach())
    return [listed(module, made) for module in modules(made).values()]


def other(kind, impl):
    """Something to assign; None for "none"."""
    made = {"parameter": Scale(torch.ones(1)), "module": impl.MiniModule(), "number": 0.75}
    made |= {"list": [parameter((2,)), impl.MiniModule()], "dict": {"w": parameter((2,))}}
    made |= {"tensor": torch.ones(2), "trained tensor": torch.ones(2, requires_grad=True)}
    return (made | {"nn.Linear": nn.Linear(1, 1), "class": impl.MiniModule}).get(kind)


@check(
    steps=st.lists(st.tuples(choice(kinds), st.sampled_from("waxk")), min_size=1, max_size=4),
    examples=36,
    expect=exact(),
)
def attributes(impl, steps):
    """Only Parameters and MiniModules count, and no longer once the name is deleted or holds
    something else; whatever was assigned is read back, where the class has a k = None too."""
    made = built(impl, {"a": "module", "w": (2,), "a.w": (2,)}, k=None)
    root, found = made[""], []
    for number, (kind, name) in enumerate(steps):
        if kind == "delete" and name != "k":
            found += [attempt(action, root, name) for action in (delattr, getattr, delattr)]
        else:
            made[f"new {number}"] = new = other(kind, impl)
            if kind == "module":
                made[f"in new {number}"] = new.w = parameter((2,))
            setattr(root, name, new)
            found.append(label(getattr(root, name), made))
        now = listed(root, made)
        found += [sorted(now["named"]), sorted(now["parameters"]), sorted(root.state_dict())]
    return found


@check(layout=layouts("shared"), examples=12, expect=exact())
def state(impl, layout):
    """state_dict holds every name, in order, with the values, detached."""
    made = built(impl, layout)
    root, _ = made[""], filled(made)
    root.state_dict().clear()
    return [[name, value.clone()] for name, value in root.state_dict().items()]


@check(
    how=choice(["as it is", "float64", "reversed", "float32", "trained"]),
    layout=layouts("shared"),
    examples=15,
    expect=exact(),
    after=("shared", "state"),
)
def loading(impl, how, layout):
    """Loading copies values into the Parameters that are there, and leaves its argument alone."""
    made, others = built(impl, layout), built(impl, layout)
    root, held, _ = made[""], filled(made), filled(others)
    found = {}
    for factor in (3, 5):
        given = {name: factor * one for name, one in others[""].state_dict().items()}
        if how.startswith("float"):
            given = {name: one.to(getattr(torch, how)) for name, one in given.items()}
        given = {name: one.requires_grad_(how == "trained") for name, one in given.items()}
        if how == "reversed":
            given = dict(reversed(given.items()))
        root.load_state_dict(state_dict=given) if factor == 5 else root.load_state_dict(given)
        found[f"{factor} times, argument"] = {name: one.clone() for name, one in given.items()}
        for one in given.values():
            one.data.zero_()
        given.clear()
        values = {path: one.detach().clone() for path, one in held.items()}
        found[f"{factor} times, old Parameters"] = values
    return found | {"at the end": held} | listed(root, made)


@check(
    odd=choice([*bad_shapes, *bad_names]),
    layout=layouts("shared", most=6),
    examples=26,
    expect=exact(),
    after=("loading",),
)
def refusals(impl, odd, layout):
    """Missing and unexpected names raise KeyError, wrong shapes ValueError or RuntimeError, all
    before anything changes."""
    shape, given = odd if odd in bad_shapes else ((2,), (2,))
    root = built(impl, {"p": (2,), **layout, "m": "module", "m.p": "p", "m.q": shape})[""]
    root.buffer = torch.ones(2)
    good = {name: one * 2 for name, one in root.state_dict().items()}
    bad, errors = {**good, "m.q": torch.ones(given)}, (KeyError,)
    if odd in bad_shapes:
        errors = (ValueError, RuntimeError)
    elif odd.startswith("no "):
        bad = {name: one for name, one in good.items() if odd not in (f"no {name}", "no names")}
    else:
        bad[odd] = torch.ones(2)
    found = {"raised": refuses(errors, root.load_state_dict, bad)}
    found["kept"] = {name: one.detach().clone() for name, one in root.named_parameters()}
    root.load_state_dict(good)
    return found | {"loaded": dict(root.named_parameters())}


@check(
    layout=layouts("shared", most=7),
    steps=st.lists(st.tuples(choice(modes), ints(0, 7)), min_size=1, max_size=4),
    examples=16,
    expect=exact(),
)
def switches(impl, layout, steps):
    """train and eval switch a module and all below it, at any depth, no others; they return it."""
    made = built(impl, layout)
    found = []
    for number, ((method, arguments), pick) in enumerate(steps):
        inside = modules(made)
        path = list(inside)[pick % len(inside)]
        found.append(label(getattr(inside[path], method)(**arguments), made))
        made[f"new {number}"] = new = impl.MiniModule()
        setattr(inside[path], f"new{number}", new)
        found.append([[path, module.training] for path, module in modules(made).items()])
    made["deep"] = new.deep = impl.MiniModule()
    for mode in (True, False):
        for module, its in ((made[""], mode), (new.deep, not mode), (made[""], mode)):
            module.train(its)
        found.append([[path, module.training] for path, module in modules(made).items()])
    return found


@check(x=tensors(s.N, s.I), weights=tensors(s.I, s.O), shift=ints(-3, 3), examples=8)
def calls(impl, x, weights, shift):
    """Calling a module is calling its forward, whatever the arguments and the result; gradients
    reach the Parameters."""

    class Inner(impl.MiniModule):
        def __init__(self, weights):
            super().__init__()
            self.weights = nn.Parameter(weights.clone())

        def forward(self, x="no x", *rest, shift=0.25, **named):
            return None if isinstance(x, str) else (x @ self.weights + shift, rest, named)

    model = impl.MiniModule()
    model.inner = inner = Inner(weights)
    found = inner(x, 1, 2, shift=shift), inner(x=x, other="more"), inner()
    return *found, gradients(found[0][0], list(model.parameters()))


@check(layout=layouts("shared"), examples=3, expect=exact(), after=("loading", "switches"))
def own_code(impl, layout):
    """None of torch.nn.Module's functions does the work."""
    used = set()

    def note(frame, event, _):
        if frame.f_code.co_filename == MODULE_CODE:
            used.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        made = built(impl, layout, forward=lambda self: listed(self, made))
        root = made[""]
        root.extra = parameter((2,))
        del root.extra
        root.train().eval().load_state_dict(root.state_dict())
        return root(), sorted(used)
    finally:
        sys.setprofile(before)
