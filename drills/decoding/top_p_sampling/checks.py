from itertools import product
from math import prod

import torch
from hypothesis import strategies as st

from drill.grader.cases import FLOATS, LAYOUTS, Sizes, generators, ints, lay_out
from drill.grader.checks import check, refuses
from drill.grader.expect import exact, law, relation

s = Sizes("B V")
few = ints(0, 99)  # seeds: a small range shrinks fast
GAPS = torch.tensor([[0.5], [2.0], [0.25]])  # of neighbouring logits: rows differ in shape
some_half = st.sampled_from([torch.bfloat16, torch.float16])
deep = ("certain", "outcomes")


def scrambled(rows, vocab, source, jitter=1):
    """Logits (rows, vocab) without ties: permutations of numbers that are evenly spaced, or not."""
    order = torch.rand(rows, vocab, generator=source).argsort(-1)
    off = torch.randint(jitter, (rows, vocab), generator=source) / 16  # jitter <= 4: still no ties
    return GAPS[torch.arange(rows) % 3] * (order - vocab // 2) + off


def ranked(logits, temperature=1.0):
    """The likelier first: probabilities, ids, and the mass up to each, its own included."""
    probs, ids = (logits / temperature).softmax(-1).sort(-1, descending=True)
    return probs, ids, probs.cumsum(-1)


def nuclei(logits, p, temperature=1.0):
    """The exact chance of every token, a row each, and how far p is from any boundary."""
    probs, ids, total = ranked(logits.double(), temperature)
    kept = probs * (total - probs < p)
    chances = torch.zeros_like(kept).scatter(-1, ids, kept / kept.sum(-1, keepdim=True))
    return chances, (total[:, :-1] - p).abs().min()


def joint(case, **_):
    """The probability of every tuple of tokens, one from each row: rows are independent."""
    rows = [{t: x for t, x in enumerate(row) if x} for row in nuclei(*case)[0].tolist()]
    return {way: prod(map(dict.__getitem__, rows, way)) for way in product(*rows)}


def telling(logits, p, temperature):
    """Whether p is clear of boundaries, rows differ, and what must be kept or not is likely."""
    chances, margin = nuclei(logits, p, temperature)
    sizes, finite = (chances > 0).sum(-1), logits.isfinite().sum(-1)
    last = chances.masked_fill(chances == 0, 2).amin(-1)  # of the token that crosses p
    seen = ((sizes > 1) & (sizes < finite) & (last > 0.1)).any()
    return seen and len(sizes.unique()) > 1 and margin > 3e-3


def placed(rows, vocab, seed, temperature=1.0, far=False):
    """Logits, p, temperature; `far` puts rows at levels of 10,000 and hides two tokens in each."""
    source = torch.Generator().manual_seed(seed)
    while True:
        logits = temperature * scrambled(rows, vocab, source)
        if far:
            hidden = torch.rand(logits.shape, generator=source).argsort(-1) < 2
            level = torch.tensor([[-1e4], [1e4], [0.0]])[:rows]
            logits = (logits + level).masked_fill(hidden, -torch.inf)
        probs, _, total = ranked(logits, temperature)  # row 0 needs its third token to reach p
        share = 0.1 + 0.8 * torch.rand((), generator=source)
        p = round((total - share * probs)[0, 2].item(), 2)
        if telling(logits, p, temperature):
            return logits, p, temperature


def near_miss(dtype, seed, temperature):
    """A row in half precision, and a p that rounded sums or quotients put on the wrong side."""
    source = torch.Generator().manual_seed(seed)
    step = 3e-4 if dtype == torch.float16 else 1e-3
    while True:
        logits = (12 + scrambled(1, 6, source, jitter=4)).to(dtype)  # sixteenths are exact here
        _, _, total = ranked(logits.double(), temperature)
        p = round(total[0, seed % 3].item() + step * (-1) ** seed, 5)
        low = logits if temperature == 1 else (logits / temperature).double()
        probs, _, sums = ranked(low)
        wrong = (sums - probs < p).sum() != (total < p).sum() + 1
        if wrong and nuclei(logits, p, temperature)[1] > 2e-4:
            return logits, p, temperature


def whole(seed, temperature):
    """Two rows, p = 1, and a sum of all probabilities that float32 rounds to less than that."""
    source = torch.Generator().manual_seed(seed)
    while True:
        logits = temperature * scrambled(2, 6, source, jitter=4)
        if ranked(logits, temperature)[2][:, -1].min() < 1:
            return logits, 1.0, temperature


def long_row(seed, p):
    """Three likely tokens with 0.6 of the mass, and 400 that share the rest."""
    weights = torch.cat([torch.tensor([0.3, 0.2, 0.1]), 0.4 * torch.linspace(1, 3, 400) / 800])
    source = torch.Generator().manual_seed(seed)
    return weights.log()[torch.randperm(403, generator=source)][None], p


def settled(rows, vocab, seed, dtype, layout, p, temperature, alone):
    """Rows where one token is certain: it is alone, or p is tiny, or the temperature is 0."""
    logits = scrambled(rows, vocab, torch.Generator().manual_seed(seed)).to(dtype)
    if alone:
        logits[logits.argsort(-1) != seed % vocab] = -torch.inf
    p = p if alone or temperature == 0 else p / 10
    return lay_out(logits, layout), p, temperature


def draws(impl, case, source):
    """600 draws for each row, half of them with the generator and half without: (600, rows)."""
    logits, *rest = case
    many, sources = logits.repeat(25, 1), (source, None) * 12
    tokens = torch.cat([impl.sample_top_p(many, *rest, generator=one) for one in sources])
    return tokens.unflatten(0, (-1, len(logits)))


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
        settled,
        rows=s.B,
        vocab=s.V,
        seed=few,
        dtype=st.sampled_from(FLOATS),
        layout=st.sampled_from(LAYOUTS),
        p=st.sampled_from([0.9, 1.0, 0.3, 1e-6]),
        temperature=st.sampled_from([1.0, 0.0, 0.7, 2.0]),
        alone=st.booleans(),
    ),
    source=st.one_of(generators, st.none()),
    examples=40,
    expect=exact(),
)
def certain(impl, case, source):
    """Where a token has mass p by itself, or is the only one, or temperature is 0, it comes."""
    logits, p, temperature = case
    return impl.sample_top_p(logits, p, temperature, source)


several = st.sampled_from([3, 2])


@check(
    case=st.builds(placed, several, ints(4, 7), few).map(lambda case: case[:2]),
    source=generators,
    examples=4,
    expect=law(joint),
)
def outcomes(impl, case, source):
    """Each row gives the tokens of its own smallest set of mass p, by their probabilities."""
    return draws(impl, case, source)


@check(
    case=st.builds(placed, several, ints(5, 7), few, st.sampled_from([2.0, 0.5, 3.0])),
    source=generators,
    examples=3,
    expect=law(joint),
    after=deep,
)
def temperatures(impl, case, source):
    """The logits are divided by the temperature first; the set is that of the new probabilities."""
    return draws(impl, case, source)


@check(
    case=st.builds(whole, few, st.sampled_from([2.0, 0.5])),
    source=generators,
    examples=2,
    expect=law(joint),
    after=(*deep, "temperatures"),
)
def everything(impl, case, source):
    """p = 1 keeps every token, also where the sum of all is rounded to less than 1."""
    return draws(impl, case, source)


@check(
    case=st.builds(placed, several, ints(5, 7), few, far=st.just(True)),
    source=generators,
    examples=2,
    expect=law(joint),
    after=deep,
)
def extreme(impl, case, source):
    """Levels of 10,000 change nothing, and a token at -inf never comes."""
    return draws(impl, case, source)


def either(plain, scaled, **_):
    """The law of both cases: (0, token) and (1, token)."""
    rows = [nuclei(*case)[0][0].tolist() for case in (plain, scaled)]
    return {(n, t): x / 2 for n, row in enumerate(rows) for t, x in enumerate(row) if x}


@check(
    plain=st.builds(near_miss, st.just(torch.bfloat16), few, st.just(1.0)),
    scaled=st.builds(near_miss, some_half, few, st.sampled_from([0.7, 1.7])),
    source=generators,
    examples=4,
    expect=law(either),
    after=(*deep, "temperatures"),
)
def half_types(impl, plain, scaled, source):
    """float16 and bfloat16 logits give the sets that float32 arithmetic finds."""
    tokens = [draws(impl, case, source)[:, 0].tolist() for case in (plain, scaled)]
    return [(n, token) for n, row in enumerate(tokens) for token in row]


@check(
    case=st.builds(long_row, few, st.sampled_from([0.8, 0.7, 0.9])),
    source=generators,
    examples=2,
    expect=law(joint),
    after=deep,
)
def long_tail(impl, case, source):
    """Of hundreds of tokens as many are kept as p asks for."""
    return draws(impl, case, source)


@check(
    case=st.builds(placed, several, ints(4, 7), few),
    seed=few,
    examples=3,
    expect=relation(repeats),
    after=deep,
)
def repeatable(impl, case, seed):
    """All chance comes from the generator, or from torch's own where none is given."""
    value = {"torch's default generator": [], "the generator": []}
    for other in (1, 2):
        torch.manual_seed(seed)
        value["torch's default generator"].append(
            [impl.sample_top_p(*case).tolist() for _ in range(20)]
        )
        torch.manual_seed(other)
        source = torch.Generator().manual_seed(seed)
        value["the generator"].append(
            [impl.sample_top_p(*case, generator=source).tolist() for _ in range(20)]
        )
    return value


@check(
    case=st.builds(placed, several, ints(4, 7), few),
    low=st.sampled_from([0.0, -0.1, -1.0]),
    high=st.sampled_from([1.0001, 1.5, 90.0]),
    cold=st.sampled_from([-0.1, -1.0, -2.5]),
    examples=10,
    after=(),
)
def refusals(impl, case, low, high, cold):
    """A p outside (0, 1] and a temperature below 0 raise ValueError."""
    logits, p, _ = case
    wrong = {"p too low": {"p": low}, "p too high": {"p": high}}
    wrong["temperature below 0"] = {"p": p, "temperature": cold}
    return {
        name: refuses((ValueError,), impl.sample_top_p, logits, **arguments)
        for name, arguments in wrong.items()
    }
