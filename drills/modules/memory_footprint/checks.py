from itertools import pairwise, product

import torch
from hypothesis import strategies as st
from torch import nn

from drill.grader.cases import choice, recipe
from drill.grader.checks import check
from drill.grader.expect import exact

FLOATING = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float8_e5m2)
WHOLE = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool)
DTYPES = (*FLOATING, torch.complex64, torch.complex128, *WHOLE)
KINDS = ("weight", "buffer", "frozen", "passing", "plain", "none")
FIELDS = ("parameters", "parameter_bytes", "buffer_bytes", "megabytes")


def hold(module, name, kind, value):
    """Give the module a parameter, a buffer, an attribute that is neither, or nothing."""
    if kind == "none":
        module.register_parameter(name, None)
        module.register_buffer(f"no_{name}", None)
    elif kind in ("buffer", "passing"):
        module.register_buffer(name, value, persistent=kind == "buffer")
    elif kind == "plain" or isinstance(value, nn.Parameter):
        setattr(module, name, value)
    else:
        setattr(module, name, nn.Parameter(value, requires_grad=False))
        if kind == "weight" and value.dtype not in WHOLE:
            getattr(module, name).requires_grad_().grad = torch.zeros_like(value)


def network(parts, device="cpu"):
    """Nested modules that hold the parts, (kind, dtype, shape, depth) each, all of them ones."""
    levels = [nn.Module() for _ in range(4)]
    for outer, inner in pairwise(levels):
        outer.inner = inner
    for n, (kind, dtype, shape, depth) in enumerate(parts):
        hold(levels[depth], f"{kind}{n}", kind, torch.ones(shape, device=device).to(dtype))
    return levels[0]


def tied(tie, dtype, shape, parts, device="cpu"):
    """A network between two modules: the first holds something, the last its twin, or reversed."""
    kind, how, swapped = tie
    one, two = nn.Module(), nn.Module()
    hold(one, "held", kind, torch.ones(shape, device=device).to(dtype))
    other = one.held.detach().clone() if how == "equal" else one.held.detach()
    if how == "same":
        hold(two, "held", kind, one.held)
    elif how == "mirror":
        hold(two, "held", "passing", other)
    elif how != "module":
        its_kind = "frozen" if kind == "weight" else kind
        hold(two, "held", its_kind, other.T if how == "turned" else other)
    two = one if how == "module" else two
    ends = (two, one) if swapped else (one, two)
    return nn.ModuleDict({"first": ends[0], "between": network(parts, device), "last": ends[1]})


def figures(impl, *models, **named):
    """What the function says of a model."""
    found = impl.memory_footprint(*models, **named)
    return {name: getattr(found, name) for name in FIELDS}


def parts_of(first, shape, depth, others):
    """Parts of which the first is of this kind and dtype."""
    return [(*first, shape, depth), *others]


def ties(*names, shapes=((2, 3), (4, 4), (5, 1)), **options):
    """Draws for a network with something that is there twice."""
    draws = {"tie": choice(list(product(KINDS[:2], names, (False, True)))), "dtype": dtypes}
    return recipe(tied, **draws, shape=st.sampled_from(shapes), parts=rest, **options)


dtypes, depths = st.sampled_from(DTYPES), st.integers(0, 3)
sizes = st.sampled_from([(2, 3), (4, 4), (5,), (), (2, 1, 3), (0, 2)])
rest = st.lists(st.tuples(st.sampled_from(KINDS), dtypes, sizes, depths), max_size=4)
each = [(kind, dtype) for dtype in DTYPES for kind in KINDS[:2]]
each += [(kind, torch.float32) for kind in KINDS[2:]]
all_kinds = recipe(network, parts=st.builds(parts_of, choice(each), sizes, depths, rest))
models = recipe(network, parts=rest)
by_object = ("same", "module", "equal")


@check(model=all_kinds, examples=30, expect=exact())
def counts(impl, model):
    """Elements and bytes of all parameters and buffers, whatever their dtype, kind and place."""
    return figures(impl, model)


@check(model=ties(*by_object), examples=12, expect=exact())
def once(impl, model):
    """What is used twice counts once; equal values alone do not make two tensors one."""
    return figures(impl, model=model)


@check(model=ties("other", "turned", "mirror"), examples=12, expect=exact(), after=("once",))
def shared_memory(impl, model):
    """Different tensors over the same memory count once, a parameter's memory as a parameter."""
    return figures(impl, model)


large = ties(*by_object, shapes=((2, 3), (60_000, 50_000)), device="meta")


@check(model=large, here=models, examples=12, expect=exact(), after=("once",))
def meta(impl, model, here):
    """Models on the meta device, of any size or in part, count as they would with memory."""
    found = [figures(impl, model), figures(impl, nn.ModuleList([here, model]))]
    both = nn.Linear(3, 5, device="meta")
    both.register_buffer("twin", both.weight)  # one object, as a parameter and as a buffer
    return [*found, figures(impl, nn.ModuleList([model, both, here]))]


@check(model=models, other=models, dtype=st.sampled_from(FLOATING), examples=12, expect=exact())
def again(impl, model, other, dtype):
    """Each call looks at its model as it is then, and leaves it as it was."""
    model.inner.eval()
    found = [figures(impl, one) for one in (model, other, model)]
    model.double().own = nn.Parameter(torch.ones(3, dtype=dtype))
    found.append(figures(impl, model))
    model.register_buffer("more", torch.ones(2, dtype=dtype))
    other.inner.own = model.own
    found += [figures(impl, one) for one in (model, other)]
    modes = [one.training for one in model.modules()]
    return found, modes, [(t.requires_grad, t.grad is None) for t in model.parameters()]
