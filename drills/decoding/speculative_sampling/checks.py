import math

import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, generators, ints, lay_out, recipe
from drill.grader.checks import check
from drill.grader.expect import exact, law, relation, work
from drill.grader.models import TinyLM

AHEAD = 3  # new tokens whose joint distribution is tested
few = ints(0, 99)  # seeds: a small range shrinks fast
others = ints(100, 199)  # seeds of drafts: never the target's
same = st.shared(few, key="same")  # one seed for two models
prompts = st.lists(ints(0, 2), min_size=1, max_size=2)
PAIRS = torch.tensor(  # the target's row and the draft's, in sixteenths; entry 0 is overrated
    [[(4, 2, 7, 3), (8, 1, 1, 6)], [(6, 8, 2, 0), (9, 0, 1, 6)], [(5, 3, 1, 7), (12, 1, 0, 3)]]
)
both = ("certain", "follows_sure_target")


class Target(TinyLM):
    """A TinyLM with a counter of its own."""

    def count(self, ids):
        super().count(ids)
        self.counts["target calls"] += 1


def lm(spread, seed=few, model=TinyLM):
    """A model over 3 tokens; with a spread of 200 it is sure of every token."""
    return recipe(model, vocab=3, seed=seed, spread=spread)


def open_rows(k, seed):
    """Rows with many outcomes, drawn from PAIRS and permuted; drafted is what was entry 0."""
    source = torch.Generator().manual_seed(seed)
    orders = torch.rand(k + 1, 4, generator=source).argsort(-1)
    pairs = PAIRS[torch.randint(len(PAIRS), (k + 1,), generator=source)] / 16  # (k + 1, 2, 4)
    target, draft = (pairs[:, side].gather(-1, orders) for side in (0, 1))
    return target, draft[:k], orders[:k].argmin(-1)


def sure_rows(k, vocab, stop, seed, dtype, layout):
    """Rows with one outcome: the first `stop` tokens are accepted, the next is ruled out."""
    source = torch.Generator().manual_seed(seed)
    picks = torch.randint(vocab, (2 * k + 1, 8), generator=source)
    draft, target = (torch.nn.functional.one_hot(picks, vocab).sum(1) / 8).split([k, k + 1])
    drafted, stop, one_hot = draft.argmax(-1), min(stop, k), torch.eye(vocab)
    target[:stop] = one_hot[drafted[:stop]]
    ruled_out = int(drafted[stop]) if stop < k else 0
    target[stop] = one_hot[(ruled_out + 1 + seed % (vocab - 1)) % vocab]
    return lay_out(target.to(dtype), layout), lay_out(draft.to(dtype), layout), drafted


def outcome_law(rows, **_):
    """The probability of every list that accept_or_resample may return for these rows."""
    target, draft, drafted = rows[0].double(), rows[1].double(), rows[2].tolist()
    table, reached = {}, 1.0
    for place, token in enumerate(drafted):
        kept = min(1.0, float(target[place, token] / draft[place, token]))
        residual = (target[place] - draft[place]).clamp(min=0)
        for other, share in enumerate((residual / residual.sum()).tolist() if kept < 1 else []):
            table[*drafted[:place], other] = reached * (1 - kept) * share
        reached *= kept
    table |= {(*drafted, t): reached * p for t, p in enumerate(target[-1].tolist())}
    return {outcome: chance for outcome, chance in table.items() if chance}


def sequence_law(target, prompt, **_):
    """The probability of every sequence of AHEAD tokens under the target alone."""
    model = TinyLM(**target.arguments)
    ways = torch.cartesian_prod(*[torch.arange(model.vocab)] * AHEAD)
    ids = torch.cat([torch.tensor(prompt).expand(len(ways), -1), ways], dim=1)
    steps = model(ids)[:, len(prompt) - 1 : -1].double().softmax(-1)
    chances = steps.gather(-1, ways.unsqueeze(-1)).squeeze(-1).prod(-1)
    return dict(zip(map(tuple, ways.tolist()), chances.tolist(), strict=True))


def seeded(value, **_):
    """Complains unless both runs are the same, and not one outcome over and over."""
    for name in value:
        first, second = value[name]
        if first != second:
            return f"{name} gave other tokens for a generator with the same seed."
        if all(outcome == first[0] for outcome in first):
            return f"{name} gave the same tokens every time."
    return None


@check(
    rows=st.builds(
        sure_rows,
        k=ints(0, 4),
        vocab=ints(2, 6),
        stop=ints(1, 4),
        seed=few,
        dtype=st.sampled_from([torch.float32, torch.float64]),
        layout=st.sampled_from(LAYOUTS),
    ),
    source=generators,
    examples=40,
    expect=exact(),
)
def certain(impl, rows, source):
    """Where only one outcome is possible it is returned: accepted tokens, then one more."""
    return impl.accept_or_resample(*rows, source)


@check(
    rows=st.builds(open_rows, k=st.sampled_from([2, 3, 1]), seed=few),
    source=generators,
    examples=4,
    expect=law(outcome_law),
)
def outcomes(impl, rows, source):
    """For given rows and drafted tokens, every outcome has exactly its probability."""
    return [impl.accept_or_resample(*rows, one) for _ in range(600) for one in (source, None)]


@check(
    target=lm(200.0),
    draft=lm(st.sampled_from([200.0, 0.5]), others),
    prompt=prompts,
    k=ints(0, 4),
    new=ints(0, 7),
    source=generators,
    examples=30,
    expect=exact(),
)
def follows_sure_target(impl, target, draft, prompt, k, new, source):
    """Where the target is sure of every token, exactly its tokens follow the prompt."""
    return impl.speculative_sample(target, draft, prompt, k, new, generator=source)


@check(
    target=lm(1.0, same, Target),
    draft=lm(1.0, same),
    prompt=prompts,
    k=ints(0, 4),
    new=ints(1, 12),
    source=generators,
    examples=12,
    after=both,
    expect=work(target_calls=lambda k, new, **_: math.ceil(new / (k + 1)), values=exact()),
)
def equal_models(impl, target, draft, prompt, k, new, source):
    """A draft equal to the target is always accepted: each target call gives k + 1 tokens."""
    return len(impl.speculative_sample(target, draft, prompt, k, new, source))


@check(
    target=lm(1.0),
    draft=lm(st.sampled_from([1.0, 200.0]), others),
    prompt=prompts,
    k=st.sampled_from([2, 1, 3]),
    source=generators,
    examples=3,
    after=both,
    expect=law(sequence_law),
)
def follows_target(impl, target, draft, prompt, k, source):
    """What follows the prompt is distributed, jointly, as the target's own samples."""
    case = (target, draft, prompt, k, AHEAD)
    made = [impl.speculative_sample(*case, one) for _ in range(150) for one in (source, None)]
    return [tokens[len(prompt) :] for tokens in made]


@check(
    rows=st.builds(open_rows, k=st.just(2), seed=few),
    target=lm(0.5),
    draft=lm(0.5, others),
    seed=few,
    examples=3,
    after=both,
    expect=relation(seeded),
)
def repeatable(impl, rows, target, draft, seed):
    """All randomness comes from the generator: equal seeds give equal tokens."""
    value = {"accept_or_resample": [], "speculative_sample": []}
    for default in (1, 2):
        torch.manual_seed(default)
        source = torch.Generator().manual_seed(seed)
        lists = [impl.accept_or_resample(*rows, source) for _ in range(30)]
        texts = [impl.speculative_sample(target, draft, [0], 2, 8, source) for _ in range(3)]
        value["accept_or_resample"].append(lists)
        value["speculative_sample"].append(texts)
    return value
