import math

import torch
from hypothesis import strategies as st

from drill.grader.cases import LAYOUTS, generators, ints, lay_out, plain_lm, recipe, seeds
from drill.grader.checks import check
from drill.grader.expect import exact, law, relation, work
from drill.grader.models import TinyLM

AHEAD = 3  # new tokens whose joint distribution is tested
prompts = st.lists(ints(0, 2), min_size=1, max_size=4)
shared_seed = st.shared(seeds, key="one model")


def eighths(rows, vocab, source, least=0):
    """(rows, vocab) probabilities that are multiples of 1/8, readable and exact."""
    balls = torch.full((rows, vocab), 1.0).multinomial(8 - least * vocab, True, generator=source)
    ones = torch.ones_like(balls)
    return (torch.full((rows, vocab), least).scatter_add(1, balls, ones) / 8).double()


def sure_rows(k, vocab, stop, seed, dtype, layout):
    """Rows with a single possible outcome: `stop` tokens accepted, then a certain token."""
    source = torch.Generator().manual_seed(seed)
    draft = eighths(k, vocab, source)
    drafted = draft.multinomial(1, generator=source).squeeze(-1) if k else torch.zeros(0).long()
    target = eighths(k + 1, vocab, source)
    one_hot = torch.eye(vocab, dtype=torch.float64)
    for place in range(min(stop, k)):
        equal = torch.rand((), generator=source) < 0.5
        target[place] = draft[place] if equal else one_hot[drafted[place]]
    shift = torch.randint(1, vocab, (), generator=source)
    last = drafted[stop] if stop < k else torch.zeros((), dtype=torch.int64)
    target[min(stop, k)] = one_hot[(last + shift) % vocab]
    return lay_out(target.to(dtype), layout), lay_out(draft.to(dtype), layout), drafted


def open_rows(k, vocab, zeros, seed):
    """Rows with many outcomes: at each position the token that the draft overrates most."""
    source = torch.Generator().manual_seed(seed)
    target, draft = (eighths(n, vocab, source, least=1).float() for n in (k + 1, k))
    for name, rows in (("target", target), ("draft", draft)):
        if zeros == name:
            rows[:, 1] += rows[:, 0]
            rows[:, 0] = 0
    return target, draft, (draft - target[:k]).argmax(-1)


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
    return table | {(*drafted, t): reached * p for t, p in enumerate(target[-1].tolist())}


def sequence_law(target, prompt, **_):
    """The probability of every sequence of AHEAD tokens under the target alone."""
    model = TinyLM(**target.arguments)
    ways = torch.cartesian_prod(*[torch.arange(model.vocab)] * AHEAD)
    ids = torch.cat([torch.tensor(prompt).expand(len(ways), -1), ways], dim=1)
    steps = model(ids)[:, len(prompt) - 1 : -1].double().softmax(-1)
    chances = steps.gather(-1, ways.unsqueeze(-1)).squeeze(-1).prod(-1)
    return dict(zip(map(tuple, ways.tolist()), chances.tolist(), strict=True))


class Target(TinyLM):
    """A TinyLM with a counter of its own."""

    def count(self, ids):
        super().count(ids)
        self.counts["target calls"] += 1


def continues(value, prompt, new, **_):
    """Complains unless `value` is the prompt and `new` tokens."""
    if not isinstance(value, list) or value[: len(prompt)] != prompt:
        return "The result does not begin with the prompt."
    if len(value) != len(prompt) + new:
        return f"It returned {len(value) - len(prompt)} new tokens, not {new}."
    return None


def seeded(value, **_):
    """Complains unless both runs are the same, and not one outcome over and over."""
    for name, first, second in zip(("accept_or_resample", "speculative_sample"), *value, strict=True):
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
        stop=ints(0, 4),
        seed=seeds,
        dtype=st.sampled_from([torch.float32, torch.float64]),
        layout=st.sampled_from(LAYOUTS),
    ),
    generator=generators,
    examples=40,
    expect=exact(),
)
def certain(impl, rows, generator):
    """Where only one outcome is possible it is returned: accepted tokens, then one more."""
    return impl.accept_or_resample(*rows, generator)


@check(
    target=plain_lm(3, spread=200.0),
    draft=plain_lm(3, spread=st.sampled_from([200.0, 0.5])),
    prompt=prompts,
    k=ints(0, 4),
    new=ints(0, 7),
    generator=generators,
    examples=30,
    expect=exact(),
)
def follows_sure_target(impl, target, draft, prompt, k, new, generator):
    """Where the target is sure of every token, exactly its tokens follow the prompt."""
    return impl.speculative_sample(target, draft, prompt, k, new, generator)


@check(
    target=recipe(Target, vocab=3, seed=shared_seed, spread=1.0),
    draft=recipe(TinyLM, vocab=3, seed=shared_seed, spread=1.0),
    prompt=prompts,
    k=ints(0, 4),
    new=ints(1, 12),
    generator=generators,
    examples=12,
    expect=work(
        target_calls=lambda k, new, **_: math.ceil(new / (k + 1)), values=relation(continues)
    ),
)
def equal_models(impl, target, draft, prompt, k, new, generator):
    """A draft equal to the target is always accepted: each target call gives k + 1 tokens."""
    return impl.speculative_sample(target, draft, prompt, k, new, generator)


@check(
    rows=st.builds(open_rows, k=st.just(2), vocab=st.just(4), zeros=st.just(""), seed=seeds),
    target=plain_lm(3, spread=0.5),
    draft=plain_lm(3, spread=0.5),
    seed=seeds,
    examples=3,
    expect=relation(seeded),
)
def repeatable(impl, rows, target, draft, seed):
    """All randomness comes from the generator: equal seeds give equal tokens."""
    runs = []
    for default in (1, 2):
        torch.manual_seed(default)
        source = torch.Generator().manual_seed(seed)
        outcomes = [impl.accept_or_resample(*rows, source) for _ in range(40)]
        texts = [impl.speculative_sample(target, draft, [0], 2, 4, source) for _ in range(10)]
        runs.append((outcomes, texts))
    return runs


@check(
    rows=st.builds(
        open_rows,
        k=st.sampled_from([2, 3, 1]),
        vocab=ints(3, 4),
        zeros=st.sampled_from(["", "draft", "target"]),
        seed=ints(0, 999),
    ),
    generator=generators,
    examples=5,
    expect=law(outcome_law),
)
def outcomes(impl, rows, generator):
    """For given rows and drafted tokens, every outcome has exactly its probability."""
    sources = [generator, None]
    return [impl.accept_or_resample(*rows, sources[turn % 2]) for turn in range(1500)]


@check(
    target=plain_lm(3, spread=1.0),
    draft=plain_lm(3, spread=st.sampled_from([1.0, 200.0])),
    prompt=st.lists(ints(0, 2), min_size=1, max_size=2),
    k=st.sampled_from([2, 1, 3]),
    generator=generators,
    examples=2,
    expect=law(sequence_law),
)
def follows_target(impl, target, draft, prompt, k, generator):
    """What follows the prompt is distributed, jointly, as the target's own samples."""
    start, models = len(prompt), (target, draft)
    sources = [generator, None]
    made = [
        impl.speculative_sample(*models, prompt, k, AHEAD, sources[turn % 2]) for turn in range(500)
    ]
    return [tokens[start:] for tokens in made]
