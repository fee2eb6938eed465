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
    return [*found, impl.embed(ids, equal_rows), impl.embed(torch.zeros_like(ids), table[-1:])]


# (a, b) stands for the id a V + b.
BAD = [(0, -1), (1, 0), (-1, 0), (0, -(2**31)), (0, 2**31 - 1)]
bad_ids = choice(
    [*product(KINDS, BAD), *((KINDS[0], (0, b)) for b in (2**32, -(2**32), 2**63 - 1))]
)


def spoiled(bad, ids, vocab, place):
    """The ids with one of them replaced by one that is out of range."""
    flat = ids.to(bad[0]).flatten()
    flat[place % len(flat)] = bad[1][0] * vocab + bad[1][1]
    return flat.reshape(ids.shape)


@check(
    ids=st.builds(spoiled, bad_ids, few, s.V, ints(0, 40)),
    table=tensors(s.V, s.D, dtype=st.sampled_from(FLOATS)),
    examples=20,
    expect=exact(),
)
def refuses_ids(impl, ids, table):
    """One id below 0 or from V on raises IndexError, wherever it stands, in int32 too."""
    odd = ids[(ids < 0) | (ids >= len(table))]
    turned = ids.flatten().flip(0).reshape(ids.shape)  # the last one becomes the first
    told = [attempt(impl.embed, bad, table) for bad in (ids, turned, odd[0])]
    return told, impl.embed(ids.clamp(0, len(table) - 1), table)


@check(
    form=choice(list(product(FLOATS, (True, False)))),
    ids=few,
    width=s.D,
    examples=16,
    expect=exact(),
)
def gradient(impl, form, ids, width):
    """The table's gradient is dense: a row gets the sum over all places where its id stands."""
    dtype, is_leaf = form
    leaf = torch.ones(int(ids.max()) + 2, width).to(dtype)
    leaf = (leaf if is_leaf else leaf.T.contiguous()).requires_grad_()
    used = leaf if is_leaf else 2 * leaf.T
    outs = [impl.embed(ids, used), impl.embed(ids.int().reshape(-1), used)]
    # Whole numbers, whose sums are exact in every dtype; those of the second arrive expanded.
    upstream = (torch.arange(outs[0].numel()) * 5 % 7 - 3).reshape(outs[0].shape).to(dtype)
    losses = (outs[0] * upstream).sum(), outs[1].sum()
    return outs, [torch.autograd.grad(loss, leaf, retain_graph=True) for loss in losses]


def room(dim, ids):
    """Bytes: three times the result's, 64 an id, and 4096."""
    return 3 * 4 * dim * ids.numel() + 64 * ids.numel() + 4096


far = ids_from(choice(CUTS[:2]), st.sampled_from(KINDS), st.just(LARGE))


@check(ids=far, dim=choice([4, 16]), examples=4, expect=work(live_bytes=room, values=exact()))
def lean(impl, ids, dim):
    """The forward pass takes memory for its result alone, though the table has 100,000 rows."""
    numbers = torch.arange(LARGE * dim, dtype=torch.float32) % 1009
    return impl.embed(ids, numbers.reshape(LARGE, dim))
