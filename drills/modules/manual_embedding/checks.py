from itertools import product

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, choice, ints, lay_out, seeds, tensors
from drill.grader.checks import attempt, check
from drill.grader.expect import exact, work

LARGE = 100_000
KINDS = (torch.int64, torch.int32)
# Of (B, T, 2) these leave (B, T), (T), () and (1, T); (B, 1), (B, T, 2), (B, 0) and (0).
some, one, none = slice(None), slice(0, 1), slice(0, 0)
CUTS = [(some, some, 0), (0, some, 0), (0, 0, 0), (one, some, 0)]
CUTS += [(some, one, 0), (some, some, some), (some, none, 0), (none, 0, 0)]
s = Sizes("V D B T", high=6)
layouts = st.sampled_from(["contiguous", "transposed", "sliced", "repeated"])


def ids_of(cut, kind, layout, vocab, b, t, seed):
    """Ids below vocab; where they are repeated, one id stands in memory for a whole row."""
    ids = torch.randint(vocab, (b, t, 2), generator=torch.Generator().manual_seed(seed)).to(kind)
    ids = ids[:, :1].expand(b, t, 2) if layout == "repeated" else lay_out(ids, layout)
    return ids[cut]


def ids_from(cuts, kinds, vocab=s.V):
    return st.builds(ids_of, cuts, kinds, layouts, vocab, s.B, s.T, seeds)


few = ids_from(st.sampled_from(CUTS[:6]), st.just(KINDS[0]))

# Each shape comes with int64 and int32 ids, and each of these with every dtype of the table.
turns = [(i, j) for i in range(8) for j in range(2)]
forms = st.shared(choice([(CUTS[i], KINDS[j], FLOATS[(i + j) % 4]) for i, j in turns]), key="form")
cut, kind, dtype = (forms.map(lambda form, place=place: form[place]) for place in range(3))


@check(
    ids=ids_from(cut, kind),
    table=tensors(s.V, s.D, dtype=dtype, regimes=("small", "normal")),
    examples=30,
    expect=exact(),
)
def matches(impl, ids, table):
    """Holds the row of each id, to the bit, for ids of any shape and of both dtypes."""
    found = [impl.embed(ids, table), impl.embed(table=table.flip(0), ids=ids)]
    found += [impl.embed(torch.full_like(ids, end), table) for end in (len(table) - 1, 0)]
    equal_rows = table[-1:].expand(len(table), -1)
    found += [impl.embed(ids, equal_rows), impl.embed(torch.zeros_like(ids), table[-1:])]
    later = table.clone()
    found.append(impl.embed(ids, later).clone())
    return [*found, impl.embed(ids, later.mul_(-2))]


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


@check(
    ids=st.builds(spoiled, bad_ids, few, s.V, s.D, ints(0, 40)),
    table=tensors(s.V, s.D, dtype=st.sampled_from(FLOATS)),
    examples=20,
    expect=exact(),
)
def refuses_ids(impl, ids, table):
    """One id below 0 or from V on raises IndexError, wherever it stands, in int32 too."""
    odd = ids[(ids < 0) | (ids >= len(table))]
    turned = ids.flatten().flip(0).reshape(ids.shape)  # the last one becomes the first
    told = [attempt(impl.embed, bad, table) for bad in (ids, turned, odd[0])]
    told += [attempt(impl.embed, bad.clamp(-1, 1), table[:1]) for bad in (ids, odd[0])]
    return told, impl.embed(ids.clamp(0, len(table) - 1), table)


def whole(out):
    """Small whole numbers of the shape and dtype of `out`."""
    return (torch.arange(out.numel()) * 5 % 7 - 3).reshape(out.shape).to(out.dtype)


@check(
    form=choice(list(product(FLOATS, ("leaf", "transposed", "repeated")))),
    ids=few,
    width=s.D,
    examples=16,
    expect=exact(),
)
def gradient(impl, form, ids, width):
    """The table's gradient is dense: a row gets the sum over all places where its id stands."""
    dtype, kind = form
    vocab = int(ids.max()) + 2
    shape = {"leaf": (vocab, width), "transposed": (width, vocab), "repeated": (1, width)}[kind]
    leaf = torch.ones(shape, dtype=dtype, requires_grad=True)
    used = {"leaf": leaf, "transposed": 2 * leaf.T, "repeated": leaf.expand(vocab, -1)}[kind]
    outs = [impl.embed(given, used) for given in (ids, ids, ids.int(), ids.flatten())]
    # Whole numbers, whose sums are exact in every dtype; they arrive in several layouts.
    views = outs[0].transpose(0, -1), torch.stack((outs[1].detach(), outs[1]), -1), outs[2]
    losses = [(out * whole(out)).sum() for out in views] + [outs[3].sum()]
    return outs, [torch.autograd.grad(loss, leaf, retain_graph=True) for loss in losses]


def room(size, ids):
    """Bytes: three times the result's, 64 an id, and 4096."""
    return (3 * 4 * size[1] + 64) * ids.numel() + 4096


far = ids_from(st.sampled_from(CUTS[:2]), st.sampled_from(KINDS), st.just(40))


sizes = choice([(LARGE, 4), (40, 4000), (LARGE, 16)])


@check(size=sizes, ids=far, examples=4, expect=work(live_bytes=room, values=exact()))
def lean(impl, size, ids):
    """The forward pass takes memory for its result alone, with 100,000 rows or with long ones."""
    numbers = torch.arange(size[0] * size[1], dtype=torch.float32) % 1009
    return impl.embed(ids * (size[0] // 40), numbers.reshape(size))
