from copy import deepcopy

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, ints, operations, seeds, tensors
from drill.grader.checks import check
from drill.grader.expect import close, exact, work

s = Sizes("B H D", high=5)
L = st.shared(st.sampled_from([2, 3, 2, 1]), key="layers")
dtypes = st.shared(st.sampled_from(FLOATS), key="dtype")
wide = st.shared(st.sampled_from([torch.float32, torch.float64]), key="wide")
half = st.shared(st.sampled_from([torch.float16, torch.bfloat16]), key="half")
single = st.just(torch.float32)
devices = st.sampled_from(["cpu", torch.device("cpu")])
roomy, tight = ints(48, 52), ints(2, 5)  # max_len: out of reach of 12 chunks, soon reached
any_layer = L.flatmap(lambda count: ints(0, count - 1))
chunk = {"layer": any_layer, "tokens": ints(1, 3), "seed": seeds}  # see `made`
truncate = {"to": ints(1, 4)}
rewind = {"to": st.sampled_from([1, 2, 3, 4, None])}  # truncate, or reset where None
prefill = chunk | {"tokens": ints(2, 4)}
decode = chunk | {"tokens": st.just(1)}

# Weighted sums may cancel: a batch row's largest output is the scale, and rounding shows.
near = close(axes=(-3, -2, -1), loosen=10)
near_half = close(axes=(-3, -2, -1), loosen=3)


def shapes(max_len, dtype):
    """What a cache is made with, in the order of its parameters."""
    return st.tuples(L, s.B, s.H, max_len, s.D, dtype, devices)


def prompts(dtype, *regimes):
    """A list of q, k and v, stacked: (3, batch, heads, T, head_dim) each, T differing."""
    one = tensors(3, s.B, s.H, ints(1, 3), s.D, dtype=dtype, regimes=regimes)
    return st.lists(one, min_size=1, max_size=4)


def made(count, shape, tokens, seed):
    """`count` tensors (batch, heads, tokens, head_dim) of eighths, which every dtype can hold."""
    _, batch, heads, _, head_dim, dtype, _ = shape
    source = torch.Generator().manual_seed(seed)
    eighths = torch.randint(-16, 17, (count, batch, tokens, heads, head_dim), generator=source)
    return (eighths / 8).to(dtype).transpose(2, 3)  # laid out as a projection leaves them


def take(impl, cache, shape, name, layer=0, to=None, **drawn):
    """Do one step of the drawn ones; what it returned, if that means something."""
    if name == "append":
        return cache.append(layer, *made(2, shape, **drawn))
    if name in ("prefill", "decode"):
        return impl.attend_with_cache(*made(3, shape, **drawn), cache, layer)
    if to is None:
        cache.reset()
    else:
        cache.truncate(min(to, cache.length))


@check(
    shape=shapes(roomy, dtypes),
    steps=operations(append=chunk, rewind=rewind, least=2),
    examples=25,
    expect=exact(),
)
def caches(impl, shape, steps):
    """append gives back all that its layer holds, in order; truncate and reset shorten it."""
    cache, found = impl.KVCache(*shape), []
    for name, drawn in steps:
        # A copy: views may change after a truncation.
        returned = deepcopy(take(impl, cache, shape, name, **drawn))
        found.append({"returned": returned, "length": cache.length})
    return found


@check(
    shape=shapes(roomy, wide),
    layer=any_layer,
    chunks=st.one_of(prompts(wide, "small", "normal"), prompts(wide, "large")),
    examples=25,
    expect=near,
)
def attends(impl, shape, layer, chunks):
    """Chunk by chunk, or token by token, it equals causal attention over the whole sequence."""
    cache = impl.KVCache(*shape)
    return [impl.attend_with_cache(*qkv, cache, layer) for qkv in chunks]


def low(tokens, seed):
    """q, k and v (3, 2, 1, tokens, 128) whose scores lie below -1e9, far from each other."""
    values = torch.randint(
        1, 9, (3, 2, 1, tokens, 128), generator=torch.Generator().manual_seed(seed)
    )
    values = values.float()
    values[0] = 12_000.0
    values[1] = -12_000.0 - 100 * values[1, ..., :1] - 2000 * torch.arange(tokens)[:, None]
    return values


@check(qkv=st.builds(low, ints(2, 3), seeds), examples=3, expect=near, after=("attends",))
def low_scores(impl, qkv):
    """A later key has no weight at all, however low the other scores are."""
    cache = impl.KVCache(1, 2, 1, 4, 128, qkv.dtype, "cpu")
    return impl.attend_with_cache(*qkv, cache, 0)


@check(
    shape=shapes(roomy, half),
    layer=any_layer,
    chunks=prompts(half, "normal"),
    examples=10,
    expect=near_half,
    after=("low_scores",),
)
def half_types(impl, shape, layer, chunks):
    """Attends in float16 and bfloat16, to their precision."""
    cache = impl.KVCache(*shape)
    return [impl.attend_with_cache(*qkv, cache, layer) for qkv in chunks]


@check(
    shape=shapes(roomy, single),
    steps=operations(prefill=prefill, decode=decode, truncate=truncate, least=3),
    examples=25,
    expect=near,
    after=("caches", "attends"),
)
def mixed(impl, shape, steps):
    """Attends rightly where layers hold different numbers of positions, and after truncate."""
    cache = impl.KVCache(*shape)
    return [take(impl, cache, shape, name, **drawn) for name, drawn in steps]


@check(
    shape=shapes(tight, single),
    steps=operations(append=chunk, rewind=rewind, least=2),
    examples=20,
    expect=exact(),
)
def overflow(impl, shape, steps):
    """What does not fit raises ValueError or RuntimeError and changes nothing; the rest goes in."""
    cache, found = impl.KVCache(*shape), []
    for name, drawn in steps:
        try:
            returned = deepcopy(take(impl, cache, shape, name, **drawn))
        except (ValueError, RuntimeError):
            returned = "refused"
        found.append({"returned": returned, "length": cache.length})
    return found


@check(
    shape=shapes(tight, single),
    layer=any_layer,
    seed=seeds,
    kept=ints(0, 1),
    examples=6,
    expect=exact(),
    after=("overflow",),
)
def copies(impl, shape, layer, seed, kept):
    """A chunk is copied, also one that fills the cache: later calls leave the caller's alone."""
    cache = impl.KVCache(*shape)
    given = [one.contiguous() for one in made(4, shape, shape[3], seed)]
    cache.append(layer, *given[:2])
    cache.truncate(kept)
    returned = cache.append(layer, *(one[:, :, kept:] for one in given[2:]))
    return returned, given


@check(
    shape=shapes(roomy, single),
    steps=operations(append=chunk, least=2),
    examples=10,
    expect=exact(),
)
def views(impl, shape, steps):
    """What append returned stays as it was under later appends."""
    cache = impl.KVCache(*shape)
    return [take(impl, cache, shape, name, **drawn) for name, drawn in steps]


def memory_limit(shape, kv):
    """Bytes: the keys and values of a full cache, and a quarter for masks and temporaries."""
    count, batch, heads, max_len, head_dim, dtype, _ = shape
    return 1.25 * 2 * count * batch * heads * max_len * head_dim * dtype.itemsize


@check(
    shape=st.sampled_from([(3, 2, 4, n, 16, torch.float32, "cpu") for n in (6, 20)]),
    kv=tensors(2, 2, 4, 1, 16, layouts=("contiguous",)),
    examples=3,
    expect=work(live_bytes=memory_limit, values=exact()),
)
def lean(impl, shape, kv):
    """Memory is taken once: append allocates nothing that grows with the positions cached."""
    cache = impl.KVCache(*shape)
    held = [cache.append(layer, *kv) for _ in range(shape[3]) for layer in range(shape[0])]
    return held[-1], cache.length
