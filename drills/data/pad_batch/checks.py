from random import Random

from hypothesis import strategies as st

from drill.grader.cases import ints, seeds
from drill.grader.checks import check, refuses
from drill.grader.expect import exact

SMALL = range(1, 100)
PADS = (-1, 100, -100, 50256, 2**33, 0)  # none of them among SMALL
WIDE = (2**53 + 1, 2**24 + 1, 2**62 + 3, 2**63 - 1, -(2**63), -(2**53) - 1, -(2**40) - 1, -1, 7)
BAD_SIDES = ("center", "", "Left", "RIGHT", "both", "l", "right ", "right, left", "t", "None")

pads = st.sampled_from(PADS)
sides = st.sampled_from(["right", "left"])
ragged = st.lists(ints(1, 6), min_size=2, max_size=5)
alike = st.builds(lambda count, length: [length] * count, ints(1, 4), ints(1, 4))
any_lengths = st.one_of(ragged, alike)
any_or_long = st.one_of(ragged, alike, st.sampled_from([[2, 300], [260, 1]]))
some_empty = st.lists(ints(0, 3), max_size=3).map(lambda lengths: [*lengths, 0])
both = ("pads_right", "pads_left")


def filled(lengths, seed, values=SMALL):
    """A list of lists of these lengths; neighbours differ where they can."""
    source = Random(seed)
    return [[source.choice(values) for _ in range(length)] for length in lengths]


def batches(lengths=any_lengths):
    return st.builds(filled, lengths, seeds)


def with_pads(lengths, seed, pad_id):
    """Sequences in which pad_id stands among the tokens, and pad_id."""
    return filled(lengths, seed, (pad_id, 1, 2, pad_id)), pad_id


def pair(lengths, seed):
    """Two batches of one shape, at times with equal rows; other shapes come in other cases."""
    return filled(lengths, seed, (1, 2)), filled(lengths[::-1], seed + 1, (1, 2))


@check(sequences=batches(any_or_long), pad_id=pads, examples=20, expect=exact())
def pads_right(impl, sequences, pad_id):
    """Tokens first, then padding up to the longest sequence; the mask is 1 at the tokens."""
    return impl.pad_batch(sequences, pad_id, "right")


@check(sequences=batches(), pad_id=pads, examples=8, expect=exact())
def defaults(impl, sequences, pad_id):
    """Without a pad_id it is 0, without a side the padding goes to the right."""
    named = impl.pad_batch(sequences=sequences, pad_id=pad_id)
    return impl.pad_batch(sequences), named, impl.pad_batch(sequences, side="right")


@check(sequences=batches(any_or_long), pad_id=pads, examples=16, expect=exact())
def pads_left(impl, sequences, pad_id):
    """Padding first, then the tokens in their order; the mask moves with them."""
    return impl.pad_batch(sequences, side="left", pad_id=pad_id)


@check(
    batch=st.builds(with_pads, ragged, seeds, pads),
    side=sides,
    examples=12,
    expect=exact(),
    after=both,
)
def by_position(impl, batch, side):
    """A token that equals pad_id is a token: its mask is 1, wherever it stands."""
    return impl.pad_batch(*batch, side)


@check(sequences=batches(some_empty), pad_id=pads, side=sides, expect=exact(), after=both)
def empty_sequences(impl, sequences, pad_id, side):
    """An empty sequence is a row of padding, also where all are empty: then (B, 0), int64."""
    return impl.pad_batch(sequences, pad_id, side)


@check(
    sequences=st.builds(filled, ragged, seeds, st.just(WIDE)),
    pad_id=st.sampled_from(WIDE),
    side=sides,
    examples=12,
    expect=exact(),
    after=(*both, "by_position"),
)
def any_ids(impl, sequences, pad_id, side):
    """Large and negative tokens, and such a pad_id, arrive as they are, without rounding."""
    return impl.pad_batch(sequences, pad_id, side)


@check(
    two=st.builds(pair, any_lengths, seeds),
    pad_id=pads,
    side=sides,
    examples=12,
    expect=exact(),
    after=both,
)
def own_memory(impl, two, pad_id, side):
    """Writing into an entry of a result changes no other entry, and no other result."""
    first, second = (impl.pad_batch(sequences, pad_id, side) for sequences in two)
    for part in first:
        part[0, 0] -= 1
    return first, second, impl.pad_batch(two[0], pad_id, side)


@check(
    sequences=batches(ragged.map(lambda lengths: [*lengths, max(lengths) + 1])),
    even=batches(alike),
    pad_id=pads,
    good=sides,
    examples=4,
    expect=exact(),
    after=(),
)
def refusals(impl, sequences, even, pad_id, good):
    """A batch without sequences, and a side that is neither of the two, raise ValueError."""
    rows = {"ragged": sequences, "equal lengths": even, "all empty": [[], []]}
    return {
        "no sequences": refuses((ValueError,), impl.pad_batch, [], pad_id, good),
        "wrong side": {
            f"{bad!r}, {name}": refuses((ValueError,), impl.pad_batch, batch, pad_id, bad)
            for name, batch in rows.items()
            for bad in BAD_SIDES
        },
    }
