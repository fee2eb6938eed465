from itertools import product
from math import prod

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, LAYOUTS, Sizes, choice, generators, ints, lay_out
from drill.grader.checks import check, refuses
from drill.grader.expect import exact, law, relation

s = Sizes("B V")
few = ints(0, 99)  # seeds: a small range shrinks fast
ROWS = torch.tensor(  # fortieths; no p of MIDS is near the mass of a set
    [[16, 12, 8, 4, 0, 0, 0], [30, 4, 3, 2, 1, 0, 0], [16, 4, 4, 4, 4, 4, 4]]
)
MIDS = st.sampled_from([0.66, 0.56, 0.83, 0.93])
SURE = (  # whether one logit alone is finite, p, temperature
    *((False, 0.09, 1.0), (False, 1e-6, 0.7), (False, 0.03, 2.0), (True, 1.0, 1.0)),
    *((True, 0.9, 0.7), (False, 0.9, 0.0), (False, 1.0, 0.01), (False, 0.3, 0.0)),
)
COARSE = (  # sixteenths, and a p and a temperature where half precision finds other sets
    (torch.bfloat16, [201, 182, 213, 207, 189, 215], 0.58383, 1.0),
    (torch.float16, [197, 202, 198, 194, 203, 223], 0.60559, 1.0),
    (torch.bfloat16, [211, 203, 192, 199, 222, 183], 0.77081, 0.7),
    (torch.float16, [219, 201, 182, 196, 193, 184], 0.52989, 1.7),
)
WRONG = [{"p": p} for p in (0.0, -0.1, -1.0, 1.0001, 1.5, 90.0)]
WRONG += [{"p": p, "temperature": 0.0} for p in (0.0, 1.5)]
WRONG += [{"p": p, "temperature": t} for p, t in ((0.7, -0.001), (1.0, -1.0), (0.3, -2.5))]


def shuffled(rows, columns, seed):
    """Permutations of 0 to columns - 1, a row each."""
    return torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed)).argsort(-1)


def settled(rows, vocab, seed, sure, dtype, layout):
    """Rows where one token is certain: it is alone, or p is tiny, or the temperature."""
    alone, p, temperature = sure
    logits = shuffled(rows, vocab, seed) / 2
    if alone:
        logits[logits < logits.max()] = -torch.inf
    return lay_out(logits.to(dtype), layout), p, temperature


def posed(seed, p, level=0.0, dtype=torch.float32, temperature=1.0):
    """Rows that differ in the size of their sets; in the last one p falls among equal logits."""
    logits = temperature * (ROWS / 40).log().gather(-1, shuffled(3, 7, seed))
    return (logits + level * torch.tensor([[-1], [1], [0]])).to(dtype), p, temperature


def coarse(place, seed):
    """A row of COARSE in another order."""
    dtype, sixteenths, p, temperature = COARSE[place]
    return torch.tensor([sixteenths])[:, shuffled(1, 6, seed)[0]].to(dtype) / 16, p, temperature


def long_row(seed, size):
    """A row of 400 whose float32 probabilities sum to less than 1, and a p that `size` reach."""
    noise = torch.rand(50, 400, generator=torch.Generator().manual_seed(seed))
    logits = (torch.linspace(1, 3, 400) + noise).log()
    probs, total = ranked(logits)[::2]
    row = int((total[:, -1] < 1).int().argmax())
    p = 1.0 if size == 400 else round(float(total[row, size - 1] - probs[row, size - 1] / 2), 4)
    return logits[row : row + 1], p


def ranked(logits, temperature=1.0):
    """The likelier first: probabilities, ids, and the mass up to each, its own included."""
    probs, ids = (logits / temperature).softmax(-1).sort(-1, descending=True)
    return probs, ids, probs.cumsum(-1)


def classes(logits):
    """What a token counts as: the first of equal ones; in a long row, its eighth of the ids."""
    first = (logits.unsqueeze(-1) == logits.unsqueeze(-2)).int().argmax(-1)
    return first // max(1, logits.shape[-1] // 8)


def joint(case, **_):
    """The probability of every tuple of tokens, one from each row: rows are independent."""
    logits, p, temperature = (*case, 1.0)[:3]
    probs, ids, total = ranked(logits.double(), temperature)
    kept = probs * (total - probs < p)
    places = classes(logits).gather(-1, ids)
    chances = torch.zeros_like(kept).scatter_add(-1, places, kept / kept.sum(-1, keepdim=True))
    rows = [{t: x for t, x in enumerate(row) if x} for row in chances.tolist()]
    return {way: prod(map(dict.__getitem__, rows, way)) for way in product(*rows)}


def draws(impl, case, source):
    """600 draws for each row, half of them with the generator and half without: (600, rows)."""
    logits, *rest = case
    many, sources = logits.repeat(25, 1), (source, None) * 12
    tokens = torch.cat([impl.sample_top_p(many, *rest, generator=one) for one in sources])
    return classes(logits)[torch.arange(len(logits)), tokens.view(-1, len(logits))]


def repeats(value, **_):
    """Complains unless both runs are the same, and not one outcome over and over."""
    for name, (first, second) in value.items():
        if first != second:
            return f"Equal seeds of {name} gave other tokens."
        if all(tokens == first[0] for tokens in first):
            return f"With {name} all calls gave the same tokens."
    return None


@check(
    case=st.builds(
        settled, s.B, s.V, few, choice(SURE), st.sampled_from(FLOATS), st.sampled_from(LAYOUTS)
    ),
    source=st.one_of(generators, st.none()),
    examples=40,
    expect=exact(),
)
def certain(impl, case, source):
    """Where a token has mass p by itself, or is the only one, or temperature is 0, it comes."""
    return impl.sample_top_p(*case, source)


@check(
    case=st.builds(posed, few, MIDS, choice([0.0, 1e4])).map(lambda case: case[:2]),
    source=generators,
    examples=6,
    expect=law(joint),
)
def outcomes(impl, case, source):
    """Each row gives the tokens of its own smallest set of mass p, by their probabilities."""
    return draws(impl, case, source)


@check(
    case=st.builds(
        *(posed, few, MIDS, st.just(0.0), st.sampled_from([torch.float32, torch.float64])),
        st.sampled_from([2.0, 0.5, 3.0, 0.2]),
    ),
    source=generators,
    examples=4,
    expect=law(joint),
    after=("certain", "outcomes"),
)
def temperatures(impl, case, source):
    """The logits are divided by the temperature first; the set is that of the new probabilities."""
    return draws(impl, case, source)


@check(
    case=st.builds(coarse, choice(range(len(COARSE))), few),
    source=generators,
    examples=6,
    expect=law(joint),
    after=("certain", "outcomes", "temperatures"),
)
def half_types(impl, case, source):
    """float16 and bfloat16 logits give the sets that float32 arithmetic finds."""
    return draws(impl, case, source)


@check(
    case=st.builds(long_row, few, choice([270, 400, 60])),
    source=generators,
    examples=4,
    expect=law(joint),
    after=("certain", "outcomes"),
)
def long_tail(impl, case, source):
    """Of 400 tokens as many are kept as p asks for; all at p = 1, however their sum is rounded."""
    return draws(impl, case, source)


@check(
    logits=st.builds(posed, few, st.just(1.0)).map(lambda case: case[0]),
    seed=few,
    examples=2,
    expect=relation(repeats),
    after=("certain", "outcomes"),
)
def repeatable(impl, logits, seed):
    """All chance comes from the generator, or from torch's own where none is given."""
    value = {}
    for p, temperature, rows in product((0.83, 1.0), (1.0, 2.0), (logits, logits[:1])):
        for name in ("the generator", "torch's default generator"):
            runs = value[f"{name} at p = {p}, temperature {temperature}, {len(rows)} row(s)"] = []
            for other in (1, 2):
                source = torch.Generator().manual_seed(seed) if name == "the generator" else None
                torch.manual_seed(other if source else seed)
                calls = [impl.sample_top_p(rows, p, temperature, source) for _ in range(20)]
                runs.append([tokens.tolist() for tokens in calls])
    return value


@check(case=st.builds(posed, few, MIDS), examples=2, after=())
def refusals(impl, case):
    """A p outside (0, 1] and a temperature below 0 raise ValueError, whatever the other is."""
    return {str(w): refuses((ValueError,), impl.sample_top_p, case[0], **w) for w in WRONG}
