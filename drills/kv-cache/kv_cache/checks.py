from types import SimpleNamespace

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, Sizes, ints, operations, tensors
from drill.grader.checks import check, replay
from drill.grader.expect import close, exact, work

s = Sizes("L B H D", high=5)
any_layer = s.L.flatmap(lambda layers: ints(0, layers - 1))
dtypes = st.shared(st.sampled_from(FLOATS), key="dtype")
halves = st.shared(st.sampled_from([torch.float16, torch.bfloat16]), key="half")
wide = st.shared(st.sampled_from([torch.float32, torch.float64]), key="wide")
roomy, tight = ints(24, 27), ints(2, 5)  # max_len: never reached by 8 chunks, soon reached


def shapes(max_len, dtype=torch.float32):
    """What a cache is made with, in the order of its parameters."""
    dtype = dtype if isinstance(dtype, st.SearchStrategy) else st.just(dtype)
    return st.tuples(s.L, s.B, s.H, max_len, s.D, dtype, st.sampled_from(["cpu", torch.device("cpu")]))


def chunk(count, dtype=torch.float32, regimes=("small", "normal")):
    """`count` tensors (batch, heads, T, head_dim) of the same T, stacked: k and v, or q, k and v."""
    return tensors(count, s.B, s.H, ints(1, 3), s.D, dtype=dtype, regimes=regimes)


def subject(impl, shape):
    """The steps by name, on one new cache. They give copies, so that later steps change none."""
    cache = impl.KVCache(*shape)

    def append(layer, kv):
        k_all, v_all = cache.append(layer, *kv)
        return k_all.clone(), v_all.clone(), cache.length

    def truncate(n):
        cache.truncate(min(n, cache.length))
        return cache.length

    return SimpleNamespace(
        append=append,
        attend=lambda layer, qkv: impl.attend_with_cache(*qkv, cache, layer),
        truncate=truncate,
        reset=lambda: (cache.reset(), cache.length)[1],
        length=lambda: cache.length,
    )


@check(
    shape=shapes(roomy, dtypes),
    steps=operations(
        append={"layer": any_layer, "kv": chunk(2, dtypes)},
        truncate={"n": ints(0, 6)},
        reset={},
        most=8,
    ),
    examples=25,
    expect=exact(),
)
def caches(impl, shape, steps):
    """append gives back all that its layer holds, in order; truncate and reset shorten it."""
    return replay(subject(impl, shape), steps)


@check(
    shape=shapes(roomy, wide),
    layer=any_layer,
    chunks=st.one_of(
        st.lists(chunk(3, wide), min_size=1, max_size=4),
        st.lists(chunk(3, wide, ("large",)), min_size=1, max_size=3),
    ),
    examples=30,
)
def attends(impl, shape, layer, chunks):
    """Chunk by chunk, or token by token, it equals causal attention over the whole sequence."""
    cache = impl.KVCache(*shape)
    return [impl.attend_with_cache(*qkv, cache, layer) for qkv in chunks]


@check(
    shape=shapes(roomy, halves),
    layer=any_layer,
    chunks=st.lists(chunk(3, halves, ("normal",)), min_size=1, max_size=3),
    examples=12,
)
def half_types(impl, shape, layer, chunks):
    """Attends in float16 and bfloat16, to their precision."""
    cache = impl.KVCache(*shape)
    return [impl.attend_with_cache(*qkv, cache, layer) for qkv in chunks]


@check(
    shape=shapes(roomy),
    steps=operations(
        attend={"layer": any_layer, "qkv": chunk(3)}, truncate={"n": ints(0, 6)}, most=8
    ),
    examples=25,
)
def mixed(impl, shape, steps):
    """Attends rightly where layers hold different numbers of positions, and after truncate."""
    return replay(subject(impl, shape), steps)


@check(
    shape=shapes(tight),
    chunks=st.lists(st.tuples(any_layer, chunk(2)), min_size=1, max_size=8),
    examples=20,
)
def overflow(impl, shape, chunks):
    """What does not fit raises ValueError or RuntimeError and changes nothing; what fits goes in."""
    cache, found = subject(impl, shape), []
    for layer, kv in chunks:
        try:
            found.append(cache.append(layer, kv))
        except (ValueError, RuntimeError):
            found.append("refused")
        found.append(cache.length())
    return found


@check(
    shape=shapes(roomy),
    chunks=st.lists(st.tuples(any_layer, chunk(2)), min_size=2, max_size=6),
    examples=12,
    expect=exact(),
)
def views(impl, shape, chunks):
    """What append returned stays as it was under later appends."""
    cache = impl.KVCache(*shape)
    return [cache.append(layer, *kv) for layer, kv in chunks]


def lean_limit(shape, kv):
    layers, batch, heads, max_len, head_dim = shape[:5]
    return 1.25 * 2 * 4 * layers * batch * heads * max_len * head_dim


@check(
    shape=st.sampled_from([(4, 2, 4, n, 16, torch.float32, "cpu") for n in (8, 32)]),
    kv=tensors(2, 2, 4, 1, 16, layouts=("contiguous",)),
    examples=4,
    expect=work(live_bytes=lean_limit, values=exact()),
)
def lean(impl, shape, kv):
    """Memory is taken once: append allocates nothing that grows with the positions cached."""
    cache = impl.KVCache(*shape)
    held = [cache.append(layer, *kv) for _ in range(shape[3]) for layer in range(shape[0])]
    return held[-1], cache.length
