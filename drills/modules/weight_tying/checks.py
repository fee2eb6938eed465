from copy import deepcopy
from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, ints, lay_out, seeds, tensors
from drill.grader.checks import check, gradients
from drill.grader.expect import close

s = Sizes("V D B T", high=5)
forms = st.shared(choice([*product(FLOATS, ["both", "weight", "hidden"])]), key="form")
dtypes = forms.map(lambda form: form[0])


def some_ids(vocab, layout, *shape_and_seed):
    """int64 ids (B, T) below vocab."""
    *shape, seed = shape_and_seed
    drawn = torch.randint(vocab, shape, generator=torch.Generator().manual_seed(seed))
    return drawn[:1].expand(shape) if layout == "expanded" else lay_out(drawn, layout)


layouts = st.sampled_from(["contiguous", "transposed", "sliced", "expanded"])
regimes = ("small", "normal")
ids = st.builds(some_ids, s.V, layouts, s.B, s.T, seeds)
weights = tensors(s.V, s.D, dtype=dtypes, regimes=regimes)
hiddens = tensors(s.B, s.T, s.D, dtype=dtypes, regimes=regimes)


def model_of(impl, weight):
    """A model of the learner's whose one matrix holds these values."""
    model = impl.TiedLM(*weight.shape).to(weight.dtype)
    with torch.no_grad():
        model.input_embed.weight.copy_(weight)
    return model


def bond(model, held=None):
    """How its two weights hang together; whether the parameters are those held before."""
    pair, parameters = [model.input_embed.weight, model.output_layer.weight], [*model.parameters()]
    return {
        "shapes and dtypes": [(tuple(weight.shape), weight.dtype) for weight in pair],
        "places in memory": len({weight.data_ptr() for weight in pair}),
        "parameters": [tuple(one.shape) for one in parameters],
        "different ones": len({*map(id, parameters)}),
        "those of before": held is None or [*map(id, parameters)] == [*map(id, held)],
        "keys": sorted(model.state_dict().keys() & {"input_embed.weight", "output_layer.weight"}),
    }


@check(dtype=choice(FLOATS), vocab=ints(2, 9), dim=ints(1, 9), examples=8)
def tied(impl, dtype, vocab, dim):
    """Both weights are one parameter (vocab_size, dim), under both names in state_dict(); also
    after .to(dtype)."""
    model = impl.TiedLM(vocab, dim)
    weight = model.input_embed.weight
    fine = weight.isfinite().all() and weight.min() < weight.max()
    trained = [one.requires_grad for one in model.parameters()]
    found = bond(model), {"finite, not all equal": bool(fine), "trained": trained}
    return *found, bond(impl.TiedLM(dim=dim, vocab_size=vocab).to(dtype))


@check(weight=weights, ids=ids, hidden=hiddens, examples=26, expect=close(terms=4))
def matches(impl, weight, ids, hidden):
    """Logits are the products of each id's row with all rows, of the matrix as it is then."""
    model, other = model_of(impl, weight), model_of(impl, -weight)
    found = [model(ids), model(ids=ids.flip(0)), other(ids), model.eval()(ids), model(ids[:1, :1])]
    found += [model.input_embed(ids), *map(model.output_layer, (hidden, hidden[0], hidden[0, 0]))]
    found.append(model.output_layer(hidden[:, None]))
    with torch.no_grad():
        found.append(model(ids))
        model.output_layer.weight.mul_(-0.5)
        found.append(model(ids))
        model.input_embed.weight.data.add_(1)  # no version counter tells of it
        return [*found, model(ids), model.train()(ids), other(ids)]


@check(
    form=forms,
    train=st.booleans(),
    weight=weights,
    ids=ids,
    hidden=hiddens,
    examples=24,
    expect=close(axes=(-2, -1), terms=10),
    after=("matches",),
)
def gradient(impl, form, train, weight, ids, hidden):
    """The gradient is the sum of both uses'; either layer by itself passes its own on."""
    model, hidden = model_of(impl, weight).train(train), hidden.detach()
    hidden.requires_grad_(form[1] != "weight")
    pair = [model.input_embed.weight, model.output_layer.weight]
    for one in pair:
        one.requires_grad_(form[1] != "hidden")
    leaves = [one for one in (*pair, hidden) if one.requires_grad]
    found = [gradients(model.output_layer(hidden), leaves)]
    if form[1] != "hidden":
        ramp = torch.arange(1, len(weight) + 1, dtype=weight.dtype)  # the two uses differ
        found += [gradients(model(ids) * ramp, pair), gradients(model.input_embed(ids), pair)]
    return found


def plan_of(main, place, *others):
    """Three deeds, `main` at this place of them."""
    return [*others[:place], main, *others[place:]]


deeds = ["step", "load", "copy", "swap"]
any_deed = choice([*deeds, "half", "double", "bfloat16", "float"])
plans = st.builds(plan_of, any_deed, ints(0, 2), *2 * [st.sampled_from(deeds)])


@check(
    plan=plans,
    weight=tensors(s.V, s.D),
    ids=ids,
    examples=20,
    expect=close(terms=10),
    after=("gradient",),
)
def stays_tied(impl, plan, weight, ids):
    """Still one parameter, and right, after a step of an optimizer that was made before, after
    load_state_dict, half() and the like, and deepcopy; a copy shares nothing with its original."""
    model, other, found = model_of(impl, weight / 4), model_of(impl, (weight + 1) / 4), []
    for deed in plan:
        held = [*model.parameters()]
        if deed in ("step", "swap"):  # of numbers for which float32 is exact
            slopes = torch.autograd.grad(model(ids)[..., 0].sum(), held, allow_unused=True)
            for one, slope in zip(held, slopes, strict=True):
                new = one.detach() - (0 if slope is None else slope / 256)
                one.data = new if deed == "swap" else one.data.copy_(new)
        elif deed == "load":
            model.load_state_dict(other.state_dict())
            other.input_embed.weight.data.neg_()  # has no effect on what was loaded
        elif deed == "copy":
            old, model, held = model, deepcopy(model), None
            old.output_layer.weight.data.zero_()
        else:
            model, held = getattr(model, deed)(), None
        found.append((deed, bond(model, held), model(ids), model.input_embed.weight))
    return found
