from functools import cache
from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, ints, lay_out, seeds, tensors
from drill.grader.checks import attempt, check
from drill.grader.expect import exact, relation, work

LARGE = 20_000
KINDS = (torch.int64, torch.int32)
# Of (B, T, 2) these leave (B, T), (T), (1, T), (B, 1), (B, T, 2), (); (B, 0) and (0).
some, one, none = slice(None), slice(0, 1), slice(0, 0)
CUTS = [(some, some, 0), (0, some, 0), (one, some, 0), (some, one, 0), (some, some, some)]
CUTS += [(0, 0, 0), (some, none, 0), (none, 0, 0)]
s = Sizes("V D B T", high=6)
places = st.sampled_from([None, 0, -1, 1])  # the padding's row
layouts = st.sampled_from(["contiguous", "transposed", "sliced", "repeated"])


def ids_of(cut, kind, layout, vocab, b, t, seed):
    """Ids below vocab; where they are repeated, one id stands in memory for a whole row."""
    ids = torch.randint(vocab, (b, t, 2), generator=torch.Generator().manual_seed(seed)).to(kind)
    return (ids[:, :1].expand(b, t, 2) if layout == "repeated" else lay_out(ids, layout))[cut]


def ids_from(cuts, kinds, vocab=s.V):
    return st.builds(ids_of, cuts, kinds, layouts, vocab, s.B, s.T, seeds)


few = ids_from(st.sampled_from(CUTS[:6]), st.sampled_from(KINDS))


def layer_of(impl, table, place, zeros=True):
    """A layer that holds the table, by default with zeros in the padding's row; its parameter."""
    padding = None if place is None else place % len(table)
    layer = impl.TokenEmbedding(*table.shape, padding).to(table.dtype)
    (parameter,) = layer.parameters()
    hole = torch.arange(len(table)) == (padding if zeros and padding is not None else -1)
    parameter.data.copy_(table.masked_fill(hole[:, None], 0))
    return layer, parameter


def complaint(value, vocab, dim):
    """What is wrong with the parameters and first values of some layers."""
    filled = []
    for shape, padding, found, trained, saved in value:
        if not found:
            return "There is no parameter."
        if [one.shape for one in found] != [shape]:
            swapped = [one.shape for one in found] == [shape[::-1]]
            told = "its sizes swapped" if swapped else "another shape or is not alone"
            return f"The parameter has {told}; one of (vocab_size, dim) is wanted."
        if not saved or not all(trained):
            return "The parameter is not float32, is not trained or is missing in state_dict()."
        rows = torch.arange(len(found[0])) != (-1 if padding is None else padding)
        others = found[0][rows]
        if not others.any(1).all():
            return "A row that is no padding starts as zeros."
        if not others.isfinite().all() or (len(others) > 1 and (others == others[0]).all()):
            return "Rows start equal or not finite."
        filled += [padding] if found[0][~rows].any() else []
    where = "." if any(filled) else " if it is row 0."
    return f"The padding's row does not start as zeros{where}" if filled else None


sizes = st.shared(choice([(5, 3), (4, 1), (1, 4), (3, 3), (1, 1), (2, 6)]), key="sizes")
first, second = (sizes.map(lambda sizes, place=place: sizes[place]) for place in range(2))


@check(vocab=first, dim=second, examples=6, expect=relation(complaint))
def parameters(impl, vocab, dim):
    """One trained parameter (vocab_size, dim), its rows drawn, but for zeros at the padding."""
    last, found = vocab - 1, []
    made = [((vocab, dim), row, impl.TokenEmbedding(vocab, dim, row)) for row in range(vocab)]
    made += [((vocab, dim), None, impl.TokenEmbedding(vocab, dim))]
    made += [((vocab, 768), last, impl.TokenEmbedding(vocab_size=vocab, padding_idx=last))]
    made += [((10_000, dim + 1), None, impl.TokenEmbedding(dim=dim + 1))]
    for shape, padding, layer in made:
        parameters = list(layer.parameters())
        trained = [one.requires_grad and one.dtype == torch.float32 for one in parameters]
        saved = any(one.shape == shape for one in layer.state_dict().values())
        found.append((shape, padding, parameters, trained, saved))
    return found


# Each shape comes with int64 and int32 ids, and each of these with every dtype of the table.
turns = [(i, j) for i in range(8) for j in range(2)]
forms = st.shared(choice([(CUTS[i], KINDS[j], FLOATS[(i + j) % 4]) for i, j in turns]), key="form")
cut, kind, dtype = (forms.map(lambda form, place=place: form[place]) for place in range(3))
rows = tensors(s.V, s.D, dtype=dtype, regimes=("small", "normal"))
then = ("matches",)
to_the_bit = exact(graph=False)  # zeros for the padding may come without a graph


@check(ids=ids_from(cut, kind), table=rows, place=places, examples=30, expect=to_the_bit)
def matches(impl, ids, table, place):
    """Gives the row of each id, to the bit, for ids of any shape and of both dtypes."""
    layer, _ = layer_of(impl, table, place)
    ends = [torch.full_like(ids, end) for end in (0, len(table) - 1)]
    return [layer(ids), layer.eval()(ids=ids.flip(0) if ids.dim() else ids), *map(layer, ends)]


pair = st.shared(choice(list(product(FLOATS, (True, False)))), key="pair")
table_of_any = tensors(s.V, s.D, dtype=pair.map(lambda pair: pair[0]))
any_place = st.builds(lambda pair, place: place if pair[1] else None, pair, ints(-1, 1))


@check(ids=few, table=table_of_any, place=any_place, examples=10, expect=to_the_bit, after=then)
def current(impl, ids, table, place):
    """Uses what the parameter holds at the call, in either mode and with a graph or without, and
    leaves it as it is; layers share nothing."""
    layer, parameter = layer_of(impl, table, place)
    other, _ = layer_of(impl, -3 * table, place)
    found = [other(ids)]

    def look(trains=False):  # clones, as the vector of a single id may be a view of the table
        layer.train(trains)
        found.extend(layer(given).clone() for given in (ids, ids.flatten()[0], ids.int()))

    for trains, records in product((True, False), (True, False)):
        with torch.set_grad_enabled(records):
            look(trains)
            parameter.data.mul_(-2)  # no version counter tells of it
            look(trains)
    with torch.no_grad():
        parameter.neg_()
        look()
        layer.load_state_dict(other.state_dict())
        look()
        look(True)
        parameter.fill_(7)
        layer(ids)
    return [*found, parameter]


def whole(out):
    """Small whole numbers of the shape and dtype of `out`."""
    return (torch.arange(out.numel()) * 5 % 7 - 3).reshape(out.shape).to(out.dtype)


@check(
    ids=few,
    table=table_of_any,
    place=any_place,
    examples=16,
    expect=exact(),
    after=(*then, "current"),
)
def gradient(impl, ids, table, place):
    """The gradient is dense: a row gets the sum over the places where its id stands, the padding's
    row nothing."""
    layer, parameter = layer_of(impl, table, place, zeros=False)
    # All calls come before the first backward pass.
    outs = [layer(ids), layer(ids.flatten()[-1]), layer.eval()(ids), layer(ids.int())]
    turned, gaps = outs[0].transpose(0, -1), torch.stack((outs[2].detach(), outs[2]), -1)
    found = []
    for out in (turned, outs[1], gaps, None):
        # Whole numbers, whose sums are exact in every dtype; those of the last arrive expanded.
        loss = outs[3].sum() if out is None else (out * whole(out)).sum()
        if loss.requires_grad:
            loss.backward()
        grad = parameter.grad
        found.append(torch.zeros_like(parameter) if grad is None else grad.clone())
    return found


bad_ids = choice(list(product(range(9), KINDS)))


def spoiled(bad, ids, vocab, width, spot):
    """The ids with one of them replaced by one that is out of range."""
    which, kind = bad
    flat, end = ids.to(kind).flatten(), 2 ** (31 if kind == torch.int32 else 63)
    # Times the width the last two come out near 0, where the product wraps.
    odd = [-1, vocab, -vocab, 2**32, -(2**32), -end, end - 1]
    odd += [-(-2 * end // width), -(2 * end // width)]
    flat[spot % len(flat)] = max(-end, min(odd[which], end - 1))
    return flat.reshape(ids.shape)


odd_ids = st.builds(spoiled, bad_ids, few, s.V, s.D, ints(0, 40))


@check(
    ids=odd_ids, table=tensors(s.V, s.D), place=places, examples=20, expect=to_the_bit, after=then
)
def refuses_ids(impl, ids, table, place):
    """An id out of range raises IndexError, wherever it stands, and the layer stays usable."""
    layer, parameter = layer_of(impl, table, place)
    odd = ids[(ids < 0) | (ids >= len(table))]
    turned = ids.flatten().flip(0).reshape(ids.shape)  # the last one becomes the first
    told = []
    for trains in (True, False):
        with torch.set_grad_enabled(trains):
            told += [attempt(layer.train(trains), bad) for bad in (ids, turned, odd[0])]
    alone, _ = layer_of(impl, table[:1], place)
    told += [attempt(alone, bad.clamp(-1, 1)) for bad in (ids, odd[0])]
    return told, layer(ids.clamp(0, len(table) - 1)), parameter


far = ids_from(st.sampled_from(CUTS[:2]), st.sampled_from(KINDS), st.just(LARGE))
# Made once: what the construction takes is not counted.
large = cache(lambda impl, padding: impl.TokenEmbedding(LARGE, 8, padding))


def room(ids, form):
    """Bytes: four times the result's, 64 an id, and 4096."""
    return (4 * 4 * 8 + 64) * ids.numel() + 4096


@check(
    ids=far,
    form=choice(list(product((None, 3), (True, False)))),
    examples=4,
    expect=work(live_bytes=room, values=exact()),
    after=then,
)
def lean(impl, ids, form):
    """A call takes memory for its result alone, though the table has 20,000 rows."""
    layer = large(impl, form[0]).train(form[1])
    with torch.no_grad():
        (parameter,) = layer.parameters()
        parameter.copy_((torch.arange(LARGE * 8, dtype=torch.float32) % 1009).reshape(LARGE, 8))
        parameter[3] = 0
        return layer(ids)
