"""The test of drawn outcomes: its level, its power, and what is no outcome at all."""

import math
from typing import Any

import pytest
import torch

from drill.grader import codec
from drill.grader.law import against_law, as_table, outcomes_of, same_law, upper_tail

ALPHA = 1e-6


def seen(value: Any) -> Any:
    encoder = codec.observation_encoder()
    tree = encoder.encode(value)
    return codec.decode_observation(tree, bytearray().join(encoder.body))


def draws(probabilities: list[float], count: int, seed: int) -> list[int]:
    source = torch.Generator().manual_seed(seed)
    weights = torch.tensor(probabilities, dtype=torch.float64)
    picks: list[int] = torch.multinomial(weights, count, True, generator=source).tolist()
    return picks


# Quantiles of the chi-square distribution, as tables print them.
@pytest.mark.parametrize(
    ("statistic", "freedom", "tail"),
    [
        (3.841459, 1, 0.05),
        (6.634897, 1, 0.01),
        (10.827566, 1, 0.001),
        (5.991465, 2, 0.05),
        (18.307038, 10, 0.05),
        (29.588298, 10, 0.001),
        (124.342113, 100, 0.05),
        (9.341818, 10, 0.5),
        (0.0, 3, 1.0),
        (math.inf, 3, 0.0),
        (math.nan, 3, 0.0),
    ],
)
def test_p_values(statistic: float, freedom: int, tail: float) -> None:
    assert upper_tail(statistic, freedom) == pytest.approx(tail, rel=1e-5)


def test_p_values_far_out() -> None:
    # With two degrees of freedom the tail is exp(-x / 2).
    for statistic in (1.0, 20.0, 60.0, 200.0):
        assert upper_tail(statistic, 2) == pytest.approx(math.exp(-statistic / 2), rel=1e-9)


LAWS = [
    [0.5, 0.5],
    [0.1, 0.2, 0.3, 0.4],
    [1 / 50] * 50,
    [0.999, 0.001],
    [0.9] + [0.1 / 400] * 400,
]


@pytest.mark.parametrize("law", LAWS, ids=len)
def test_what_follows_the_law_passes(law: list[float]) -> None:
    """No false alarm in 100 gradings, and p-values that are spread evenly."""
    alarms = 0
    for seed in range(100):
        outcomes = draws(law, 2000, seed)
        assert against_law(outcomes, law, ALPHA) is None
        alarms += against_law(outcomes, law, 0.1) is not None
    assert alarms <= 25


@pytest.mark.parametrize(
    ("law", "wrong", "count"),
    [
        ([0.5, 0.5], [0.56, 0.44], 4000),
        ([0.25] * 4, [0.30, 0.25, 0.25, 0.20], 4000),
        ([0.1, 0.9], [0.14, 0.86], 4000),
        ([0.98, 0.01, 0.01], [0.98, 0.02, 0.0], 4000),
        ([0.01] * 100, [0.02] * 50 + [0.0] * 50, 4000),
        ([0.5, 0.3, 0.2], [0.5, 0.2, 0.3], 1000),
        ([0.9] + [0.1 / 400] * 400, [0.8] + [0.2 / 400] * 400, 2000),
    ],
)
def test_what_does_not_is_found(law: list[float], wrong: list[float], count: int) -> None:
    for seed in range(20):
        assert against_law(draws(wrong, count, seed), law, ALPHA) is not None


def test_the_complaint_names_the_outcome() -> None:
    found = against_law([0] * 900 + [1] * 100, [0.5, 0.5], ALPHA)
    assert found is not None
    assert found.kind == "law"
    assert found.text == "The outcome 0 came 900 times in 1000; its probability is 0.5000."
    assert found.got == "shares {0: 0.9, 1: 0.1}"
    assert found.wanted == "shares {0: 0.5, 1: 0.5}"


@pytest.mark.parametrize("impossible", [2, 7, -1])
def test_one_impossible_outcome_is_enough(impossible: int) -> None:
    found = against_law([0, 1] * 500 + [impossible], {0: 0.5, 1: 0.5, 2: 0.0}, ALPHA)
    assert found is not None
    assert found.kind == "impossible outcome"
    assert str(impossible) in found.text


def test_an_outcome_that_never_comes() -> None:
    assert against_law([0] * 1000, [0.99, 0.01], 0.01) is not None
    assert against_law([0] * 1000, [1.0], ALPHA) is None


def test_outcomes_that_are_lists_or_texts() -> None:
    law = {(0, 1): 0.5, (1, 0): 0.25, (): 0.25}
    outcomes = [[0, 1], (1, 0), [], [0, 1]] * 100
    assert against_law(outcomes, law, ALPHA) is None
    assert against_law([[0, 1], [1, 0]] * 200, law, ALPHA) is not None
    assert against_law(["a", "b"] * 200, {"a": 0.5, "b": 0.5}, ALPHA) is None


def test_tensors_of_outcomes() -> None:
    assert against_law(seen(torch.tensor([0, 1] * 200)), torch.tensor([0.5, 0.5]), ALPHA) is None
    pairs = seen(torch.tensor([[0, 1], [1, 0]] * 200))
    assert against_law(pairs, {(0, 1): 0.5, (1, 0): 0.5}, ALPHA) is None
    assert outcomes_of(seen([torch.tensor(3), torch.tensor([1, 2])])) == [3, (1, 2)]


@pytest.mark.parametrize(
    "value",
    [None, 3, "ab", {}, {"a": 1}, [0.5], [None], [True], torch.tensor(1), torch.ones(3), [{}]],
    ids=repr,
)
def test_what_holds_no_outcomes(value: Any) -> None:
    found = against_law(seen(value), [0.5, 0.5], ALPHA)
    assert found is not None
    assert found.kind == "type"


def test_laws_in_every_form() -> None:
    assert as_table([0.25, 0.75]) == as_table((0.25, 0.75)) == {0: 0.25, 1: 0.75}
    assert as_table(torch.tensor([0.25, 0.75])) == {0: 0.25, 1: 0.75}
    assert as_table({"a": torch.tensor(1.0)}) == {"a": 1.0}


def test_rare_outcomes_are_pooled() -> None:
    """A thousand cells of which each is expected twice: as one cell they have a say."""
    law = [0.5] + [0.5 / 1000] * 1000
    fair = draws(law, 4000, 1)
    assert against_law(fair, law, ALPHA) is None
    assert against_law([0] * 2400 + [one for one in fair if one][:1600], law, ALPHA) is not None


def test_too_few_draws_for_a_say() -> None:
    """The judge compares their number with the reference's: here they only find nothing."""
    assert against_law([], [0.5, 0.5], ALPHA) is None
    assert against_law([0] * 4, [0.5, 0.5], ALPHA) is None


def test_two_samples_of_one_law() -> None:
    law = [0.1, 0.2, 0.3, 0.4]
    alike = [same_law(draws(law, 1000, seed), draws(law, 500, seed + 99)) for seed in range(20)]
    assert all(alike)
    assert not same_law(draws(law, 1000, 0), draws(law[::-1], 1000, 1))
    assert not same_law([], [1])
    assert not same_law([1], None)
    assert same_law([1] * 50, [1] * 50)
    assert not same_law([1] * 50, [2] * 50)
