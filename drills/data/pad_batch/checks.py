from random import Random

from hypothesis import strategies as st

from drill.grader.cases import ints, seeds
from drill.grader.checks import check, refuses
from drill.grader.expect import exact

PADS = (-1, 100, -100, 50256, 2**33, 0)  # none of them among SMALL
SMALL = range(1, 100)
LARGE = (2**24 + 1, 2**31 + 5, 2**53 + 1, 2**62 + 3, 2**63 - 1, -(2**63), -(2**40) - 1, -2, 7)

pads = st.sampled_from(PADS)
sides = st.sampled_from(["right", "left"])
ragged = st.lists(ints(1, 6), min_size=2, max_size=5)
alike = st.builds(lambda count, length: [length] * count, ints(1, 4), ints(1, 4))
both = ("pads_right", "pads_left")
any_lengths = st.one_of(ragged, alike)


def filled(lengths, seed, values=SMALL):
    """A list of lists of these lengths; neighbours differ where they can."""
    source = Random(seed)
    return [[source.choice(values) for _ in range(length)] for length in lengths]


def batches(lengths=any_lengths):
    return st.builds(filled, lengths, seeds)


@st.composite
def with_pads(draw):
    """Sequences in which pad_id stands among the tokens, and pad_id."""
    pad_id = draw(pads)
    return draw(st.builds(filled, ragged, seeds, st.just((pad_id, 1, 2, pad_id)))), pad_id


@st.composite
def pairs(draw):
    """Two batches of one shape; batches of other shapes come in other cases."""
    lengths = draw(ragged)
    return draw(batches(st.just(lengths))), draw(batches(st.just(lengths[::-1])))


@check(sequences=batches(), pad_id=pads, examples=25, expect=exact())
def pads_right(impl, sequences, pad_id):
    """Tokens first, then padding up to the longest sequence; the mask is 1 at the tokens."""
    return impl.pad_batch(sequences, pad_id, "right")


@check(sequences=batches(), pad_id=pads, examples=10, expect=exact())
def defaults(impl, sequences, pad_id):
    """Without a pad_id it is 0, without a side the padding goes to the right."""
    named = impl.pad_batch(sequences=sequences, pad_id=pad_id)
    return impl.pad_batch(sequences), named, impl.pad_batch(sequences, side="right")


@check(sequences=batches(), pad_id=pads, examples=20, expect=exact())
def pads_left(impl, sequences, pad_id):
    """Padding first, then the tokens in their order; the mask moves with them."""
    return impl.pad_batch(sequences, side="left", pad_id=pad_id)


@check(batch=with_pads(), side=sides, examples=20, expect=exact(), after=both)
def by_position(impl, batch, side):
    """A token that equals pad_id is a token: its mask is 1, wherever it stands."""
    sequences, pad_id = batch
    return impl.pad_batch(sequences, pad_id, side)


@check(
    sequences=batches(st.lists(ints(0, 3), min_size=1, max_size=4).map(lambda n: [*n[1:], 0])),
    pad_id=pads,
    side=sides,
    examples=20,
    expect=exact(),
    after=both,
)
def empty_sequences(impl, sequences, pad_id, side):
    """An empty sequence is a row of padding, also where all are empty: then (B, 0), int64."""
    return impl.pad_batch(sequences, pad_id, side)


@check(
    sequences=st.builds(filled, ragged, seeds, st.just(LARGE)),
    pad_id=pads,
    side=sides,
    examples=10,
    expect=exact(),
    after=both,
)
def any_ids(impl, sequences, pad_id, side):
    """Large and negative tokens arrive as they are, without rounding or overflow."""
    return impl.pad_batch(sequences, pad_id, side)


@check(pair=pairs(), pad_id=pads, side=sides, examples=8, expect=exact(), after=both)
def own_memory(impl, pair, pad_id, side):
    """Results are new tensors: writing into them changes no other result, earlier or later."""
    first, second = (impl.pad_batch(sequences, pad_id, side) for sequences in pair)
    for part in first:
        part.sub_(1)
    return first, second, impl.pad_batch(pair[0], pad_id, side)


@check(
    sequences=batches(ragged.map(lambda lengths: [*lengths, max(lengths) + 1])),
    even=batches(alike),
    pad_id=pads,
    good=sides,
    bad=st.sampled_from(["center", "", "Left", "RIGHT", "both", "l", "right "]),
    examples=12,
    expect=exact(),
    after=(),
)
def refusals(impl, sequences, even, pad_id, good, bad):
    """A batch without sequences, and a side that is neither of the two, raise ValueError."""
    return {
        "no sequences": refuses((ValueError,), impl.pad_batch, [], pad_id, good),
        "wrong side": refuses((ValueError,), impl.pad_batch, sequences, pad_id, bad),
        "wrong side, equal lengths": refuses((ValueError,), impl.pad_batch, even, side=bad),
    }
