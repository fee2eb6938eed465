import torch
from hypothesis import strategies as st
from torch import inf, nan

from drill.grader.cases import LAYOUTS, Sizes, ints, lay_out, seeds, tensors
from drill.grader.checks import check, gradients, timed
from drill.grader.expect import close

s = Sizes("T S D E", high=8)
lead = Sizes("B H", high=4)
two = st.shared(ints(2, 6), key="keys")  # one key to hide and one to keep
half = st.shared(st.sampled_from([torch.float16, torch.bfloat16, torch.float64]), key="half")
single = st.shared(st.sampled_from([torch.float32, torch.float64]), key="single")

# Weighted means cancel: an output near 0 carries the rounding of its larger neighbours.
mean = close(axes=(-2, -1))
near = close(axes=(-2, -1), loosen=2)


def qkv(*lead, keys=s.S, **options):
    """Draws for q (*lead, T, D), k (*lead, keys, D), small numbers, and v (*lead, keys, E)."""
    q, v = tensors(*lead, s.T, s.D, **options), tensors(*lead, keys, s.E, **options)
    return {"q": q, "k": tensors(*lead, keys, s.D, regimes=("spaced", "normal"), **options), "v": v}


def made_mask(shape, layout, seed, emptied):
    """About half True, at least one in each row; then, if `emptied`, rows without any."""
    source = torch.Generator().manual_seed(seed)
    mask = torch.rand(shape, generator=source) < 0.5
    kept = torch.randint(shape[-1], (*shape[:-1], 1), generator=source)
    mask = mask.scatter(-1, kept, True)
    if emptied:
        rows = mask.view(-1, shape[-1])
        rows[torch.rand(len(rows), generator=source) < 0.3] = False
        rows[seed % len(rows)] = False
    return lay_out(mask, layout)


def masks(*shape, emptied=False):
    """A mask of the drawn shape."""
    sizes = st.tuples(*(st.just(n) if isinstance(n, int) else n for n in shape))
    return st.builds(made_mask, sizes, st.sampled_from(LAYOUTS), seeds, st.just(emptied))


@check(**qkv(), mask=masks(s.T, s.S), examples=16, expect=mean)
def matches(impl, q, k, v, mask):
    """Each query attends to the keys where its mask is True, and to no other."""
    first = impl.masked_attention(q, k, v, mask)
    mask.copy_(mask.roll(1, -1))  # no call may go by an earlier call's mask
    batch = [x.expand(len(q), *x.shape) for x in (q, k, v)]  # as many sequences as queries
    return first, impl.masked_attention(*batch, mask)


@check(**qkv(lead.B, lead.H), examples=8, expect=mean)
def without_mask(impl, q, k, v):
    """Without a mask, or with None, every query attends to every key."""
    return impl.masked_attention(q, k, v), impl.masked_attention(q[0], k[0], v[0], mask=None)


shapes = [(s.S,), (s.T, s.S), (lead.H, s.T, s.S), (lead.B, 1, 1, s.S), (1,)]
shapes += [(lead.B, 1, s.T, s.S), (1, lead.H, 1, s.S), (lead.B, lead.H, s.T, s.S)]
any_mask = st.one_of(*(masks(*shape) for shape in shapes))


@check(**qkv(lead.B, lead.H), mask=any_mask, examples=20, expect=mean)
def broadcasts(impl, q, k, v, mask):
    """A mask of any shape that broadcasts covers the queries, heads and batch rows it should."""
    out = impl.masked_attention(q=q, k=k, v=v, mask=mask)
    five = impl.masked_attention(q[None], k[None], v[None], mask)
    return out, five, impl.masked_attention(q[0], k[0], v[0], mask[0] if mask.dim() == 4 else mask)


empty = [(s.T, s.S), (s.T, 1), (lead.B, 1, 1), (1,)]
empty_mask = st.one_of(*(masks(*shape, emptied=True) for shape in empty))


@check(**qkv(lead.B), mask=empty_mask, examples=12, expect=mean)
def empty_rows(impl, q, k, v, mask):
    """A query whose keys are all masked gets zeros; the other rows are as ever."""
    return impl.masked_attention(q, k, v, mask)


@check(
    q=tensors(s.T, s.D, dtype=single, regimes=("large", "uneven")),
    k=tensors(s.S, s.D, dtype=single, regimes=("small",)),
    v=tensors(s.S, s.E, dtype=single),
    mask=masks(s.T, s.S),
    examples=12,
    expect=close(axes=(-2, -1), oracle="as drawn", loosen=200),
)
def large_scores(impl, q, k, v, mask):
    """Stays right for scores around 10,000 and -10,000: a masked key gets nothing even then."""
    return impl.masked_attention(q, k, v, mask)


@check(
    **qkv(lead.B, dtype=half),
    mask=masks(s.T, s.S, emptied=True),
    examples=10,
    expect=near,
    after=("without_mask", "empty_rows"),
)
def dtypes(impl, q, k, v, mask):
    """Works in float16, bfloat16 and float64, keeps them, and is right to their precision."""
    return impl.masked_attention(q, k, v, mask), impl.masked_attention(q, k, v)


def spoiled(x, at, value):
    """x, with `value` in one place of one of its keys."""
    x[:, at % x.shape[1], at % x.shape[2]] = torch.tensor(value).to(x.dtype)
    return x


some = qkv(lead.B, keys=two, dtype=st.shared(st.sampled_from([torch.float32, torch.float16])))
spot = st.shared(ints(0, 5), key="spot")


@check(
    q=some["q"],
    k=st.builds(spoiled, some["k"], spot, st.sampled_from([0.0, nan, -inf, inf, 1e30])),
    v=st.builds(spoiled, some["v"], spot, st.sampled_from([nan, inf, -inf, 1e30])),
    mask=masks(s.T, two),
    at=spot,
    examples=20,
    expect=near,
    after=("dtypes",),
)
def no_influence(impl, q, k, v, mask, at):
    """NaN, inf or 1e30 in a key changes nothing for the queries for which it is masked."""
    mask, at = mask.clone(), at % k.shape[1]
    mask[0, at], mask[:, at - 1] = False, True
    out = impl.masked_attention(q, k, v, mask)[:, ~mask[:, at]]
    return out, impl.masked_attention(q, k, v, mask[0])  # and now for all queries


@check(
    **qkv(lead.B, grad=True),
    mask=masks(lead.B, s.T, s.S, emptied=True),
    examples=10,
    expect=close(axes=(-2, -1), terms=1.0),
    after=("without_mask", "empty_rows"),
)
def gradient(impl, q, k, v, mask):
    """The gradients reach q, k and v, and rows without a key leave no NaN in them."""
    mask = mask.clone()
    mask[:1, :1, :1] = True  # where no query has a key, there may be no graph
    out = impl.masked_attention(q, k, v, mask), impl.masked_attention(q, k, v)
    return out, gradients(out, [q, k, v])


head = tensors(4, 192, 64, regimes=("normal",), layouts=("contiguous",))


@timed(q=head, k=head, v=head, expect=close(axes=(-2, -1), loosen=4))
def causal(impl, q, k, v):
    """Four heads of 64 numbers on 192 tokens, each attending to itself and those before."""
    return impl.masked_attention(q, k, v, torch.ones(192, 192, dtype=torch.bool).tril())
