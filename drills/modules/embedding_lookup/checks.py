from functools import cache
from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, ints, tensors, token_ids
from drill.grader.checks import attempt, check
from drill.grader.expect import exact, relation, work

LARGE = 20_000
KINDS = (torch.int64, torch.int32)
# Of (B, T, 2) these leave (B, T), (T), (1, T), (B, 1), (B, T, 2); (), (B, 0) and (0).
some, one, none = slice(None), slice(0, 1), slice(0, 0)
CUTS = [(some, some, 0), (0, some, 0), (one, some, 0), (some, one, 0), (some, some, some)]
CUTS += [(0, 0, 0), (some, none, 0), (none, 0, 0)]
s = Sizes("V D B T", high=6)
places = st.sampled_from([None, 0, -1, 1])  # the padding's row


def ids_of(ids, cut, kind, packed):
    """A part of the ids, with gaps in memory or without."""
    return ids.to(kind)[cut].contiguous() if packed else ids.to(kind)[cut]


def ids_from(cuts, kinds, vocab=s.V):
    return st.builds(ids_of, token_ids(s.B, s.T, 2, vocab=vocab), cuts, kinds, st.booleans())


few = ids_from(st.sampled_from(CUTS[:5]), st.sampled_from(KINDS))


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
        if not others.isfinite().all() or (others == others[0]).all():
            return "Rows start equal or not finite."
        filled += [f"padding_idx={'last' if padding else 0}"] if found[0][~rows].any() else []
    return f"The padding's row does not start as zeros: {filled}." if filled else None


@check(vocab=ints(3, 7), dim=ints(2, 7), examples=6, expect=relation(complaint))
def parameters(impl, vocab, dim):
    """One trained parameter (vocab_size, dim), its rows drawn, but for zeros at the padding."""
    last, found = vocab - 1, []
    made = [((vocab, dim), 0, impl.TokenEmbedding(vocab, dim, 0))]
    made += [((vocab, 768), last, impl.TokenEmbedding(vocab_size=vocab, padding_idx=last))]
    made += [((10_000, dim), None, impl.TokenEmbedding(dim=dim))]
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
    return [layer(ids), layer(ids=ids.flip(0) if ids.dim() else ids), *map(layer, ends)]


pair = st.shared(choice(list(product(FLOATS, (True, False)))), key="pair")
table_of_any = tensors(s.V, s.D, dtype=pair.map(lambda pair: pair[0]))
any_place = st.builds(lambda pair, place: place if pair[1] else None, pair, ints(-1, 1))


@check(ids=few, table=table_of_any, place=any_place, examples=10, expect=to_the_bit, after=then)
def current(impl, ids, table, place):
    """Uses what the parameter holds at the call, in either mode and with a graph or without, and
    leaves it as it is; layers share nothing."""
    layer, parameter = layer_of(impl, table, place)
    other, _ = layer_of(impl, -3 * table, place)
    found = [layer(ids), layer.eval()(ids), other(ids)]
    with torch.no_grad():
        parameter.neg_()
        found.append(layer(ids))
        parameter.data.mul_(2)  # no version counter tells of it
        found.append(layer(ids))
        layer.load_state_dict(other.state_dict())
        found += [layer(ids), layer.train()(ids)]
        parameter.fill_(7)
        layer(ids)
    return [*found, parameter]


@check(ids=few, table=table_of_any, place=any_place, examples=16, expect=exact(), after=then)
def gradient(impl, ids, table, place):
    """The gradient is dense: a row gets the sum over the places where its id stands, the padding's
    row nothing."""
    layer, parameter = layer_of(impl, table, place, zeros=False)
    found = []
    for given in (ids, ids[:1], ids.int().flatten()):
        out = layer(given)
        # Whole numbers, whose sums are exact in every dtype.
        upstream = (torch.arange(out.numel()) * 5 % 7 - 3).reshape(out.shape).to(out.dtype)
        loss = (out * upstream).sum() + 2 * out.sum()
        if loss.requires_grad:
            loss.backward()
        grad = parameter.grad
        found.append(torch.zeros_like(parameter) if grad is None else grad.clone())
    return found


# (a, b) stands for the id a V + b.
BAD = [(0, -1), (1, 0), (-1, 0), (0, -(2**31)), (0, 2**31 - 1)]
bad_ids = choice([*product(KINDS, BAD), (KINDS[0], (0, 2**32)), (KINDS[0], (0, -(2**63)))])


def spoiled(bad, ids, vocab, spot):
    """The ids with one of them replaced by one that is out of range."""
    flat = ids.to(bad[0]).flatten()
    flat[spot % len(flat)] = bad[1][0] * vocab + bad[1][1]
    return flat.reshape(ids.shape)


odd_ids = st.builds(spoiled, bad_ids, few, s.V, ints(0, 40))


@check(
    ids=odd_ids, table=tensors(s.V, s.D), place=places, examples=20, expect=to_the_bit, after=then
)
def refuses_ids(impl, ids, table, place):
    """An id out of range raises IndexError, wherever it stands, and the layer stays usable."""
    layer, parameter = layer_of(impl, table, place)
    odd = ids[(ids < 0) | (ids >= len(table))]
    turned = ids.flatten().flip(0).reshape(ids.shape)  # the last one becomes the first
    told = [attempt(layer, bad) for bad in (ids, turned, odd[0])]
    return told, layer(ids.clamp(0, len(table) - 1)), parameter


far = ids_from(choice(CUTS[:2]), st.sampled_from(KINDS), st.just(LARGE))
# Made once: what the construction takes is not counted.
large = cache(lambda impl, padding: impl.TokenEmbedding(LARGE, 8, padding))


def room(ids, padding):
    """Bytes: four times the result's, 64 an id, and 4096."""
    return (4 * 4 * 8 + 64) * ids.numel() + 4096


@check(
    ids=far,
    padding=choice([None, 3]),
    examples=4,
    expect=work(live_bytes=room, values=exact()),
    after=then,
)
def lean(impl, ids, padding):
    """A call takes memory for its result alone, though the table has 20,000 rows."""
    layer = large(impl, padding)
    with torch.no_grad():
        (parameter,) = layer.parameters()
        parameter.copy_((torch.arange(LARGE * 8, dtype=torch.float32) % 1009).reshape(LARGE, 8))
        return layer(ids)
