from itertools import product
from math import prod

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, LAYOUTS, Sizes, choice, generators, ints, lay_out
from drill.grader.checks import check, refuses
from drill.grader.expect import exact, law, relation

s = Sizes("B V")
few = ints(0, 99)  # seeds: a small range shrinks fast
# Fortieths. No p of MIDS is near a sum of the first ones of a row.
ROWS = torch.tensor([[16, 12, 8, 4, 0, 0, 0], [30, 4, 3, 2, 1, 0, 0], [16, 4, 4, 4, 4, 4, 4]])
MIDS = st.sampled_from([0.66, 0.56, 0.83, 0.93])
HEAT = choice([2.0, 0.2])
SURE = (  # p, temperature, and whether the other logits of a row are -inf
    *((0.9, 1.0, True), (1.0, 0.7, True), (0.09, 1.0, False), (1e-6, 0.7, False)),
    *((0.03, 2.0, False), (0.9, 0.0, False), (1.0, 0.01, False)),
)
COARSE = (  # sixteenths with a p, and a temperature, where half precision finds other sets
    (torch.bfloat16, [201, 182, 213, 207, 189, 215], 0.58383),
    (torch.float16, [197, 202, 198, 194, 203, 223], 0.60559),
    (torch.bfloat16, [211, 203, 192, 199, 222, 183], 0.77081, 0.7),
    (torch.float16, [219, 201, 182, 196, 193, 184], 0.52989, 1.7),
)
WRONG = [(p, t) for p in (0.0, -0.1, -1.0, 1.0001, 1.5, 90.0) for t in (1.0, 0.0)]
WRONG += [(0.7, -0.001), (1.0, -1.0), (0.3, -2.5)]


def shuffled(rows, columns, seed):
    """Permutations of 0 to columns - 1, a row each."""
    return torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed)).argsort(-1)


def settled(rows, vocab, seed, sure, dtype, layout):
    """Rows where one token is certain: it is alone, or p is tiny, or the temperature."""
    p, temperature, alone = sure
    logits = shuffled(rows, vocab, seed).to(dtype) / 2
    if alone:
        logits[logits < logits.max()] = -torch.inf
    return lay_out(logits, layout), p, temperature


def posed(seed, p=0.83, temperature=1.0, level=0.0):
    """Rows whose sets differ in size, at different levels; in the last one p falls among equals."""
    logits = temperature * (ROWS / 40).log().gather(-1, shuffled(3, 7, seed))
    return logits + level * torch.tensor([[-1], [1], [0]]), p, temperature


def coarse(row, seed):
    """A row of COARSE in another order."""
    dtype, sixteenths, *rest = row
    return torch.tensor([sixteenths])[:, shuffled(1, 6, seed)[0]].to(dtype) / 16, *rest


def long_row(seed, p):
    """A row of 400 tokens whose float32 probabilities sum to less than 1."""
    logits = torch.linspace(1, 3, 400)[shuffled(50, 400, seed)].log()  # 50 to choose from
    total = logits.softmax(-1).sort(-1, descending=True).values.cumsum(-1)[:, -1]
    return logits[total < 1][:1], p


def ranks(logits):
    """How many tokens are likelier than this one, by the fifty in a long row."""
    above = (logits.unsqueeze(-2) > logits.unsqueeze(-1)).sum(-1)
    return above // max(1, logits.shape[-1] // 8)


def joint(case, **_):
    """The probability of every tuple of ranks, one from each row: rows are independent."""
    logits, p, temperature = (*case, 1.0)[:3]
    ranked = logits.double().sort(-1, descending=True).values
    probs = (ranked / temperature).softmax(-1)
    kept = probs * (probs.cumsum(-1) - probs < p)
    shares = kept / kept.sum(-1, keepdim=True)
    chances = torch.zeros_like(kept).scatter_add(-1, ranks(ranked), shares)
    rows = [{rank: x for rank, x in enumerate(row) if x} for row in chances.tolist()]
    return {way: prod(map(dict.__getitem__, rows, way)) for way in product(*rows)}


def draws(impl, case, source):
    """The ranks of hundreds of tokens a row, half drawn with the generator: (draws, rows)."""
    logits, *rest = case
    many = logits.repeat(25 if logits.shape[-1] < 100 else 8, 1)
    sources = (source, None) * 12
    tokens = torch.cat([impl.sample_top_p(many, *rest, generator=one) for one in sources])
    return ranks(logits)[torch.arange(len(logits)), tokens.view(-1, len(logits))]


def repeats(value, **_):
    """Complains unless both runs are the same, and not one outcome over and over."""
    for name, (first, second) in value.items():
        if first != second:
            return f"Equal seeds of {name} gave other tokens."
        if first.count(first[0]) == len(first):
            return f"With {name} all calls gave the same tokens."
    return None


sure = st.builds(
    settled, s.B, s.V, few, choice(SURE), st.sampled_from(FLOATS), st.sampled_from(LAYOUTS)
)
at_default = st.builds(posed, few, MIDS, level=choice([0.0, 1e4])).map(lambda case: case[:2])
drawn = {"source": generators, "expect": law(joint)}


@check(case=sure, source=st.one_of(generators, st.none()), examples=26, expect=exact())
def certain(impl, case, source):
    """Where a token has mass p by itself, or is the only one, or temperature is 0, it comes."""
    return impl.sample_top_p(*case, source)


@check(case=at_default, examples=6, **drawn)
def outcomes(impl, case, source):
    """Each row gives the tokens of its own smallest set of mass p, by their probabilities, at any
    level (tokens are counted by rank: 0 is the likeliest, equal ones are the same)."""
    return draws(impl, case, source)


@check(case=st.builds(posed, few, MIDS, HEAT), examples=4, after=("outcomes",), **drawn)
def temperatures(impl, case, source):
    """The logits are divided by the temperature first; the set is that of the new probabilities."""
    return draws(impl, case, source)


@check(case=st.builds(coarse, choice(COARSE), few), examples=6, after=("temperatures",), **drawn)
def half_types(impl, case, source):
    """float16 and bfloat16 logits give the sets that float32 arithmetic finds."""
    return draws(impl, case, source)


@check(case=st.builds(long_row, few, choice([0.8, 1.0])), examples=6, after=("outcomes",), **drawn)
def long_tail(impl, case, source):
    """Of 400 tokens as many are kept as p asks for; all at p = 1, however their sum is rounded
    (ranks are counted by the fifty)."""
    return draws(impl, case, source)


@check(seed=few, examples=2, expect=relation(repeats), after=("outcomes",))
def repeatable(impl, seed):
    """All chance comes from the generator, or from torch's own where none is given."""
    value, logits = {}, posed(seed)[0]
    settings = (0.83, 1.0, 3), (1.0, 1.0, 3), (0.83, 2.0, 1), (1.0, 0.5, 1)
    for (p, temperature, rows), given in product(settings, (True, False)):
        name = "the generator" if given else "torch's default generator"
        runs = value[f"{name} with p = {p}, temperature {temperature}, {rows} row(s)"] = []
        for other in (1, 2):
            torch.manual_seed(other if given else seed)
            source = torch.Generator().manual_seed(seed) if given else None
            case = logits[:rows], p, temperature, source
            runs.append([impl.sample_top_p(*case).tolist() for _ in range(20)])
    return value


@check(case=st.builds(posed, few), examples=2, after=())
def refusals(impl, case):
    """A p outside (0, 1] and a temperature below 0 raise ValueError, whatever the other is."""
    return {
        f"p={p}, temperature={t}": refuses((ValueError,), impl.sample_top_p, case[0], p, t)
        for p, t in WRONG
    }
