from functools import partial
from random import Random

from hypothesis import strategies as st
from torch.utils.data import DataLoader

from drill.grader.cases import ints, seeds
from drill.grader.checks import check
from drill.grader.expect import exact

SMALL = range(1, 100)
PADS = (-1, 100, -100, 50256, 2**33, 0)  # none of them among SMALL
WIDE = (2**53 + 1, 2**24 + 1, 2**62 + 3, 2**63 - 1, -(2**63), -(2**53) - 1, -(2**40) - 1, -1, 7)
NAMES = ("input_ids", "attention_mask", "labels")

pads = st.sampled_from(PADS)
ragged = st.lists(ints(1, 6), min_size=2, max_size=5)
alike = st.builds(lambda count, length: [length] * count, ints(1, 4), ints(1, 4))
any_lengths = st.one_of(ragged, alike)
or_long = st.one_of(ragged, st.sampled_from([[2, 300], [260, 1]]))
same = exact()


def filled(lengths, seed, values=SMALL):
    """A list of lists of these lengths."""
    source = Random(seed)
    return [[source.choice(values) for _ in range(length)] for length in lengths]


def batches(lengths=any_lengths):
    return st.builds(filled, lengths, seeds)


def with_pads(lengths, seed, pad_id):
    """A batch in which pad_id and -100 stand among the tokens, and pad_id."""
    return filled(lengths, seed, (pad_id, 1, -100, pad_id)), pad_id


@check(batch=batches(), pad_id=pads, examples=20, expect=same)
def matches(impl, batch, pad_id):
    """Tokens, then padding up to this batch's longest; 1 at tokens in the mask, and the ids again
    in the labels, with -100 on padding; in a second, narrower batch too."""
    return impl.collate_fn(batch, pad_id), impl.collate_fn([batch[0][:1], batch[-1][-1:]], pad_id)


@check(batch=batches(), pad_id=pads, examples=8, expect=same)
def defaults(impl, batch, pad_id):
    """Without a pad_id it is 0."""
    return impl.collate_fn(batch), impl.collate_fn(pad_id=pad_id, batch=batch)


marked = st.builds(with_pads, ragged, seeds, pads)


@check(marked=marked, examples=12, expect=same)
def by_position(impl, marked):
    """A token that equals pad_id is a token: its mask is 1, and it is a label."""
    return impl.collate_fn(*marked)


wide = st.builds(filled, or_long, seeds, st.just(WIDE))


@check(batch=wide, pad_id=st.sampled_from(WIDE), examples=10, expect=same, after=("by_position",))
def any_ids(impl, batch, pad_id):
    """Large and negative tokens, and such a pad_id, arrive as they are, in long sequences too."""
    return impl.collate_fn(batch, pad_id)


@check(batch=batches(), pad_id=pads, examples=12, expect=same, after=("defaults",))
def own_memory(impl, batch, pad_id):
    """Writing into an entry changes no other entry and no other tensor, of no other call either."""
    first, second = (impl.collate_fn(batch, pad_id) for _ in range(2))
    for amount, name in enumerate(NAMES, start=1):
        first[name][0, 0] += 1000 * amount
    return first, second, impl.collate_fn(batch, pad_id)


sizes = st.sampled_from([6, 2, 4])
uneven = st.sampled_from([[1, 2, 1, 3, 2, 1, 1, 5], [4, 2, 1, 1, 3, 2, 1]])
late = ("by_position", "own_memory", "defaults")


@check(rows=batches(uneven), size=sizes, pad_id=pads, examples=2, expect=same, after=late)
def in_a_worker(impl, rows, size, pad_id):
    """It is the collate_fn of a DataLoader whose worker process was forked after a first call."""
    impl.collate_fn(rows[:size])
    loaded = DataLoader(
        rows,
        batch_size=size,
        collate_fn=partial(impl.collate_fn, pad_id=pad_id),
        num_workers=1,
        multiprocessing_context="fork",
        timeout=20,
    )
    return list(loaded)
