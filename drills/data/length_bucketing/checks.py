from collections import Counter
from math import ceil
from random import Random

import torch
from hypothesis import strategies as st

from drill.grader.cases import choice, ints, recipe, seeds
from drill.grader.checks import check
from drill.grader.expect import exact, exactly, work

SMALL = range(1, 100)
PADS = (-1, 100, 50256, -100, 2**33, 0)  # none of them among SMALL
WIDE = (2**53 + 1, 2**24 + 1, 2**62 + 3, -(2**63), -(2**40) - 1, -1, 7)
HALVES = [(2, torch.float16), (1, torch.bfloat16)]
KINDS = [(3, torch.float32), (1, torch.float64), *HALVES, (4, torch.int64), (1, torch.float32)]
PRIME = 251  # each number below it is exact in all of these dtypes
same = exact()


class Model:
    """ids and mask (B, T) -> (B, D): D numbers a row, which depend on its tokens, their places and
    how many they are. It refuses what no model would take, and counts."""

    def __init__(self, kind, pad_id=0):
        (self.width, self.dtype), self.pad_id = kind, pad_id
        self.counts = Counter({"model calls": 0, "tokens fed": 0, "largest batch": 0})

    def __call__(self, ids, mask, /):
        if ids.dtype != torch.int64 or mask.dtype not in (torch.int64, torch.bool):
            raise TypeError("ids are int64, and the mask is int64 or bool")
        if ids.dim() != 2 or ids.shape != mask.shape or 0 in ids.shape:
            raise ValueError("ids and mask have one shape (B, T), without zeros")
        if (ids[mask == 0] != self.pad_id).any():
            raise ValueError("where the mask is 0, ids are pad_id")
        counts, (rows, length) = self.counts, ids.shape
        counts.update({"model calls": 1, "tokens fed": rows * length})
        counts["largest batch"] = max(rows, counts["largest batch"])
        tokens = (ids % PRIME + 1) * mask
        states = (tokens * torch.arange(3, 3 + length)).sum(1) + 7 * mask.sum(1)
        return (states[:, None] * torch.arange(1, 1 + self.width) % PRIME).to(self.dtype)


def filled(lengths, seed, values=SMALL):
    """A list of lists of these lengths."""
    source = Random(seed)
    return [[source.choice(values) for _ in range(length)] for length in lengths]


def distinct(lengths, seed):
    """Sequences of which no two are equal."""
    firsts = Random(seed).sample(SMALL, len(lengths))
    return [[first, *row[1:]] for first, row in zip(firsts, filled(lengths, seed), strict=True)]


def with_pads(lengths, seed, pad_id):
    """Sequences in which pad_id stands among the tokens."""
    return filled(lengths, seed, (pad_id, 1, 2, pad_id))


pads = st.shared(st.sampled_from(PADS), key="pad_id")
sizes = ints(1, 6)
lengths = st.lists(ints(1, 7), min_size=1, max_size=9)
alike = st.builds(lambda count, length: [length] * count, ints(1, 6), ints(1, 4))
ragged = st.lists(ints(1, 6), min_size=3, max_size=8)
kinds = st.sampled_from(KINDS)
given = {"kind": kinds, "pad_id": pads, "batch_size": sizes}


each = given | {"kind": choice(KINDS)}


@check(
    **each,
    sequences=st.builds(distinct, st.one_of(lengths, alike), seeds),
    examples=30,
    expect=same,
)
def matches(impl, kind, pad_id, batch_size, sequences):
    """Each result is that of its sequence alone, and they come in the order of the sequences; in a
    second call too, with the sequences reversed."""
    model, turned = Model(kind, pad_id), sequences[::-1]
    first = impl.bucketed_inference(model, sequences, batch_size, pad_id)
    again = impl.bucketed_inference(
        pad_id=pad_id, batch_size=len(turned) // 2 + 1, sequences=turned, model=model
    )
    return {"first": first, "reversed": again}


@check(**given, sequences=st.builds(filled, ragged, seeds), picks=st.lists(ints(0, 3), min_size=2,
       max_size=8), examples=12, expect=same)  # fmt: skip
def duplicates(impl, kind, pad_id, batch_size, sequences, picks):
    """Equal sequences, and one list in several places, get a result each."""
    twice = [sequences[pick % len(sequences)] for pick in picks] + [[*sequences[0]], sequences[0]]
    return impl.bucketed_inference(Model(kind, pad_id), twice, batch_size, pad_id)


padded = st.builds(with_pads, ragged, seeds, pads)


@check(**given, sequences=padded, examples=12, expect=same, after=("duplicates",))
def by_position(impl, kind, pad_id, batch_size, sequences):
    """A token that equals pad_id is a token, wherever it stands."""
    return impl.bucketed_inference(Model(kind, pad_id), sequences, batch_size, pad_id)


@check(kind=kinds, sequences=st.builds(filled, ragged, seeds), batch_size=ints(2, 6),
       examples=6, expect=same)  # fmt: skip
def default_pad(impl, kind, sequences, batch_size):
    """Without a pad_id it is 0."""
    return impl.bucketed_inference(Model(kind), sequences, batch_size)


or_long = st.one_of(ragged, st.sampled_from([[2, 300, 1], [260, 1, 3, 2]]))
wide = st.builds(filled, or_long, seeds, st.just(WIDE))


@check(**given | {"pad_id": st.sampled_from(WIDE)}, sequences=wide, examples=12, expect=same,
       after=("by_position",))  # fmt: skip
def any_ids(impl, kind, pad_id, batch_size, sequences):
    """Large and negative tokens, and such a pad_id, arrive as they are, in long sequences too."""
    return impl.bucketed_inference(Model(kind, pad_id), sequences, batch_size, pad_id)


@check(kind=kinds, batch_size=sizes, examples=4, expect=same)
def nothing(impl, kind, batch_size):
    """No sequences give an empty list, and the model is not called."""
    model = Model(kind)
    return impl.bucketed_inference(model, [], batch_size), model.counts["model calls"]


def queued(style, batch_size, whole, seed):
    """batch_size, and sequences for some whole batches and a part of one."""
    source = Random(seed)
    if style == "equal":
        return batch_size, [[1, 2]] * (whole * batch_size + 1)
    rest, most = (0, 3) if style == "one long" else (source.randrange(batch_size), 30)
    lengths = [source.randint(1, most) for _ in range(whole * batch_size + rest)]
    if style == "one long":
        lengths.insert(source.randrange(len(lengths)), 20)
    return batch_size, filled(lengths, seed)


def least_tokens(queue, model):
    """Tokens and padding in slices of the sequences in ascending order of length."""
    size, sequences = queue
    ends = sorted(map(len, sequences))
    slices = [ends[start : start + size] for start in range(0, len(ends), size)]
    return sum(len(one) * one[-1] for one in slices)


parts = st.sampled_from([3, 4, 5, 1])  # in twos, even batches are those cut from the longest on
queues = st.builds(queued, choice(["any", "one long", "equal"]), parts, ints(1, 7), seeds)
limits = {
    "model_calls": exactly(lambda queue, model: ceil(len(queue[1]) / queue[0])),
    "largest_batch": lambda queue, model: queue[0],
    "tokens_fed": least_tokens,
}
lean_work = {"expect": work(**limits, values=same), "after": ("duplicates", "default_pad")}


@check(queue=queues, model=recipe(Model, kind=kinds), examples=12, **lean_work)
def lean(impl, queue, model):
    """As few calls as batch_size allows, and no more padding than slices in ascending order of
    length need."""
    return impl.bucketed_inference(model, queue[1], queue[0])
