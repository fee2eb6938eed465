"""Speed: the figures from given times; batches that are played, compared and not forged.

What a machine measures depends on what else it does: that is looked at by `make bench`, not here.
"""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from drill.grader.cases import ints, tensors
from drill.grader.checks import Check
from drill.grader.contract import verify
from drill.grader.service import Job, Service
from drill.grader.speed import Course, centre, estimate, interval, quiet, told, without
from drill.grader.timing import Spoiled
from drill.grader.verdict import NOISY, UNTIMED, Verdict

Make = Callable[..., Any]

TIMED = '''

@timed(x=tensors(64, 512, regimes=("normal",), layouts=("contiguous",)), times=ints(2, 5))
def large(impl, x, times):
    """Thirty-two thousand numbers, thirty times."""
    return [impl.double(x, times) for _ in range(30)][-1]
'''


# --- figures -------------------------------------------------------------------------------


def pairs(ratio: float, noise: float, players: int = 3, count: int = 10) -> list[Any]:
    """Batches in which the submission takes `ratio` times as long, give or take `noise`."""
    wobble = [1 + noise * ((7 * place) % 11 - 5) / 5 for place in range(count)]
    return [[(ratio * off, 1.0) for off in wobble] for _ in range(players)]


def test_the_ratio_is_a_median_with_its_interval() -> None:
    found = estimate(pairs(2.0, 0.02), plays=4)
    assert found.ratio == pytest.approx(2.0, abs=0.02)
    assert found.low <= found.ratio <= found.high and found.high - found.low < 0.1
    assert (found.mine, found.reference) == (pytest.approx(0.5, abs=0.01), 0.25)
    assert told(found)["yours_ms"] == pytest.approx(500, abs=10)


def test_one_odd_batch_and_one_odd_pair_of_players_change_little() -> None:
    odd = pairs(1.0, 0.01)
    odd[0][3] = (40.0, 1.0)
    assert estimate(odd, 1).ratio == pytest.approx(1.0, abs=0.02)
    odd[1] = [(3.0, 1.0)] * 10
    found = estimate(odd, 1)
    assert found.ratio == pytest.approx(1.0, abs=0.02) and found.high > 2.5


def test_more_noise_makes_the_interval_wider() -> None:
    def width(noise: float) -> float:
        ratios = [[mine / other for mine, other in one] for one in pairs(1.0, noise)]
        low, high = interval(ratios)
        assert low <= centre(ratios) <= high
        return high - low

    assert width(0.0) == 0.0 < width(0.02) < width(0.2)


@pytest.mark.parametrize(
    ("ratio", "noise", "fine"), [(1.01, 0.01, True), (1.05, 0.01, False), (1.0, 0.3, False)]
)
def test_the_reference_against_itself_tells_whether_it_is_quiet(
    ratio: float, noise: float, fine: bool
) -> None:
    assert quiet(estimate(pairs(ratio, noise, 1), 1)) is fine


def test_what_surrounds_the_plays_is_taken_off() -> None:
    assert without([(3.0, 2.0)], 1.0) == [(2.0, 1.0)]
    with pytest.raises(Spoiled, match="too short"):
        without([(1.1, 1.1)], 1.0)


# --- batches -------------------------------------------------------------------------------


@pytest.fixture
def rehearse(toy: Make, service: Service) -> Callable[..., Verdict]:
    """Plays one batch of the timing after a grading."""
    drill = toy(more=TIMED)

    def rehearse(source: str = "") -> Verdict:
        text = source or drill.best_solution_path.read_text(encoding="utf-8")
        return service.grade(Job(drill, text, rehearse=True, diagnose=False))

    return rehearse


def note(verdict: Verdict) -> str:
    assert verdict.status == "passed" and verdict.speed is not None
    assert verdict.speed["ratio"] is None
    return str(verdict.speed["note"])


RIGHT = "import torch\n\n\ndef double(x, times=2):\n    return torch.add(x, x, alpha=times - 1)\n"

# Each passes its checks on small tensors, and cheats where it is timed.
CHEATS = {
    "keeps the result of the first large call": """
        kept = {}
        def double(x, times=2):
            if x.numel() < 1000:
                return x * times
            return kept.setdefault("y", x * times)
        """,
    "knows a tensor by its address": """
        kept = {}
        def double(x, times=2):
            if x.numel() < 1000:
                return x * times
            key = x.data_ptr()
            if key not in kept:
                kept[key] = x * times
            return kept[key]
        """,
    "computes in another thread": """
        import threading
        import torch
        def double(x, times=2):
            if x.numel() < 1000:
                return x * times
            out = torch.empty_like(x)
            def late():
                import time
                time.sleep(0.2)
                out.copy_(x * times)
            threading.Thread(target=late, daemon=True).start()
            return out
        """,
    "computes a part": """
        def double(x, times=2):
            if x.numel() < 1000:
                return x * times
            y = x.clone()
            y[:60] *= times
            return y
        """,
    "writes its result where the judge reads": """
        import gc, mmap
        def double(x, times=2):
            for found in gc.get_objects():
                if isinstance(found, mmap.mmap):
                    found[:] = bytes(len(found))
            return x * times if x.numel() < 1000 else x
        """,
    "dies": """
        import os
        def double(x, times=2):
            if x.numel() > 1000:
                os._exit(0)
            return x * times
        """,
}


def test_other_right_ways_are_timed(rehearse: Callable[..., Verdict]) -> None:
    assert note(rehearse()) == note(rehearse(RIGHT)) == ""


@pytest.mark.parametrize("name", CHEATS)
def test_what_is_wrong_in_a_timed_batch_has_no_speed(
    name: str, rehearse: Callable[..., Verdict]
) -> None:
    said = note(rehearse(dedent(CHEATS[name])))
    assert said.startswith("The timed run has no result.")


def test_a_drill_without_a_timing_says_so(toy: Make, service: Service) -> None:
    drill = toy()
    verdict = service.grade(Job(drill, drill.best_solution_path.read_text(), speed=True))
    assert note(verdict) == UNTIMED
    failed = service.grade(Job(drill, drill.stub, speed=True))
    assert failed.status == "failed" and failed.speed is None


def test_a_measurement_is_a_ratio_or_says_that_it_is_noisy(toy: Make, service: Service) -> None:
    drill = toy(more=TIMED)
    verdict = service.grade(Job(drill, RIGHT, speed=True))
    assert verdict.status == "passed" and verdict.speed is not None
    found = verdict.speed
    if found["ratio"] is None:
        assert found["note"] == NOISY
    else:
        assert 0 < found["low"] <= found["ratio"] <= found["high"]
        assert found["yours_ms"] > 0 and found["reference_ms"] > 0


def test_verify_plays_the_timing(toy: Make, service: Service) -> None:
    broken = TIMED.replace("impl.double", "impl.treble")
    for text, fine in ((TIMED, True), (broken, False)):
        found = [one.message for one in verify(toy(more=text), service)]
        assert any(message.startswith("The timing does not work") for message in found) is not fine


def test_batches_are_fresh() -> None:
    check = Check("large", "Large.", lambda impl: None, {"x": tensors(8, 9), "n": ints(1, 99)})
    course = Course(check, "toy/large/0", size=12)
    batches = [course.next() for _ in range(4)]
    digests = [case.digest for batch in batches for case in batch.cases]
    assert len(set(digests)) == len(digests) > 40
    seeds = [seed for batch in batches for seed in batch.seeds]
    assert len(set(seeds)) == len(seeds)
    again = Course(check, "toy/large/0", size=12)
    assert [case.digest for case in again.next().cases] == digests[: len(batches[0].cases)]
