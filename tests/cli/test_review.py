"""Spaced repetition: what a turn is rated, when a drill is due, and what a review does."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli.schedule import Moment, Standing, Turn, What, rate, standings
from drill.cli.tools import Tools

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"
NOON = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)

Shell = Callable[..., tuple[int, str, str]]


# --- ratings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "hints", "failures", "expected"),
    [
        (5, 0, 0, "Easy"),
        (5, 0, 2, "Easy"),
        (5, 0, 3, "Good"),
        (5, 1, 0, "Good"),
        (5, 2, 0, "Hard"),
        (6, 0, 0, "Good"),
        (15, 0, 9, "Good"),
        (16, 0, 0, "Hard"),
    ],
)
def test_a_pass_is_rated_by_time_hints_and_failures(
    minutes: int, hints: int, failures: int, expected: str
) -> None:
    turn = Turn(NOON, True, timedelta(minutes=minutes), hints, failures)
    assert rate(turn, passed=True, minutes=10) == expected
    assert rate(turn, passed=False, minutes=10) == "Again"


def test_a_time_that_is_unknown_is_as_expected() -> None:
    assert rate(Turn(NOON, False, timedelta(0)), passed=True, minutes=10) == "Good"
    assert rate(Turn(NOON, True, timedelta(hours=9)), passed=True, minutes=None) == "Good"


# --- the schedule --------------------------------------------------------------------------


def life(*signs: tuple[float, What]) -> Standing:
    """The standing of a ten minutes' drill after signs of life, each so many days after noon."""
    moments = [
        Moment("softmax", NOON + timedelta(days=days), what, int(what == "hint"))
        for days, what in signs
    ]
    return standings(moments, {"softmax": 10})["softmax"]


def test_before_the_first_pass_nothing_is_due() -> None:
    assert life((0, "started"), (0.01, "failed"), (3, "hint")) == Standing()


def test_the_first_pass_schedules_a_review_and_later_ones_change_nothing() -> None:
    first = life((0, "started"), (0, "passed"))
    assert first == Standing(NOON + timedelta(days=8), "Easy")
    assert life((0, "started"), (0, "passed"), (1, "failed"), (9, "passed")) == first
    assert not first.due_on((NOON + timedelta(days=7)).date())
    assert first.due_on((NOON + timedelta(days=8)).date())
    assert first.due_on((NOON + timedelta(days=80)).date())


def test_a_look_at_the_solution_brings_it_back_the_next_day() -> None:
    given_up = life((0, "started"), (0, "gave up"), (0.01, "passed"))
    assert given_up == Standing(NOON + timedelta(days=1), "Again")


def test_a_review_counts_from_its_start_to_its_end() -> None:
    signs: tuple[tuple[float, What], ...] = ((0, "started"), (0, "passed"), (8, "review"))
    assert life(*signs) == Standing(NOON + timedelta(days=8), "Easy", reviewing=True)
    passed = life(*signs, (8, "passed"))
    assert (passed.rating, passed.reviews, passed.reviewing) == ("Easy", 1, False)
    assert passed.due is not None and passed.due > NOON + timedelta(days=40)
    failed = life(*signs, (8, "gave up"))
    assert failed.due is not None and (failed.rating, failed.reviews) == ("Again", 1)
    assert NOON + timedelta(days=8) < failed.due < passed.due


def test_only_time_with_signs_of_life_counts() -> None:
    """The night between two gradings is ten minutes; nine gradings in an hour and a half, all."""
    assert life((0, "started"), (0.5, "passed")).rating == "Good"
    minute = 1 / 24 / 60
    signs: list[tuple[float, What]] = [(9.5 * minute * n, "failed") for n in range(1, 9)]
    assert life((0, "started"), *signs, (80 * minute, "passed")).rating == "Hard"


# --- the command ---------------------------------------------------------------------------


@pytest.fixture
def on_day(tools: Tools) -> Callable[[float], None]:
    """Moves the clock to so many days after the first noon."""

    def move(days: float) -> None:
        tools.now.time = NOON + timedelta(days=days)  # type: ignore[attr-defined]

    return move


@pytest.fixture
def save(shell: Shell, tools: Tools) -> Callable[[str, str], None]:
    """Writes a text as the learner's file of a drill, and grades it."""

    def one(id: str, text: str) -> None:
        path = tools.workspace.path(tools.catalog.find(id))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        shell("check", id)

    return one


def test_nothing_is_due_at_first(shell: Shell, tools: Tools) -> None:
    said = "Nothing is due. What you pass comes up for review some days later.\n"
    assert shell("review") == (0, said, "")
    document = {"format": 1, "due": [], "next": None, "questions": []}
    assert json.loads(shell("review", "--json")[1]) == document
    assert not tools.state.exists()


def test_what_is_due_is_listed_the_longest_waiting_first(
    shell: Shell,
    on_day: Callable[[float], None],
    save: Callable[[str, str], None],
    snapshot: SnapshotAssertion,
) -> None:
    save("softmax", RIGHT)
    assert "The next review is on 2026-05-06." in shell("review")[1]
    on_day(0.5)
    shell("solution", "speculative", "--give-up")
    on_day(4)
    save("einsum", RIGHT)
    assert shell("review") == (0, snapshot, "")
    document = json.loads(shell("review", "--json")[1])
    rows = [(row["id"], row["overdue_days"], row["rating"]) for row in document["due"]]
    assert rows == [("speculative", 2, "Again"), ("softmax", 2, "Good")]
    assert document["next"] == "2026-05-10T12:30:00+00:00"
    listed = [line.split() for line in shell("list")[1].splitlines()]
    assert ["softmax", "Softmax", "easy", "8", "min", "due"] in listed
    assert "2 drills due for review" in shell()[1]
    assert "2 drills due for review" in shell("report")[1]
    _, out, _ = shell("review", "--topic", "tensors", "--json")
    assert [row["id"] for row in json.loads(out)["due"]] == ["softmax"]
    assert shell("review", "--topic", "nothing")[0] == 2


def test_a_review_begins_with_the_start_file_and_keeps_the_old_one(
    shell: Shell,
    tools: Tools,
    on_day: Callable[[float], None],
    save: Callable[[str, str], None],
) -> None:
    save("softmax", RIGHT)
    on_day(3)
    drill = tools.catalog.find("softmax")
    status, _, err = shell("start", "tensors")
    assert (status, tools.workspace.untouched(drill)) == (1, True)
    assert err.startswith("drill: This is a review. Your old file is kept: ")
    (kept,) = (tools.workspace.root / ".kept").iterdir()
    assert kept.read_text() == RIGHT
    # It goes on now: it is not begun again, and a solution is a look before the pass.
    assert shell("start", "tensors")[2] == ""
    assert "goes on" in shell("review")[1]
    assert shell("solution", "softmax")[0] == 2
    save("softmax", WRONG)
    save("softmax", RIGHT)
    assert shell("solution", "softmax")[0] == 0
    assert "Nothing is due. The next review is on " in shell("review")[1]
    (row,) = json.loads(shell("report", "--json")[1])["drills"]
    assert row["due"] > "2026-05-10"


def test_a_drill_that_is_named_is_left_as_it_is(
    shell: Shell,
    tools: Tools,
    on_day: Callable[[float], None],
    save: Callable[[str, str], None],
) -> None:
    save("softmax", RIGHT)
    on_day(3)
    status, _, err = shell("start", "softmax")
    assert (status, err) == (0, "drill: It is due: x begins the review with the start file.\n")
    assert tools.workspace.path(tools.catalog.find("softmax")).read_text() == RIGHT
    assert "softmax" in shell("review")[1]  # still: passing the old file again is no review
    on_day(3.1)
    shell("reset", "softmax")
    assert "goes on" in shell("review")[1]


def test_hints_begin_anew_with_a_review(
    shell: Shell, on_day: Callable[[float], None], save: Callable[[str, str], None]
) -> None:
    for _ in range(2):
        shell("hint", "softmax")
    save("softmax", RIGHT)
    on_day(9)
    shell("reset", "softmax")
    assert json.loads(shell("hint", "softmax", "--json")[1])["hint"] == 1


def test_at_a_terminal_it_starts_the_first(
    tools: Tools,
    on_day: Callable[[float], None],
    save: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from drill.cli import keys, start
    from drill.cli.app import run

    save("softmax", RIGHT)
    on_day(3)
    opened: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(start, "open_drill", lambda tools, drill, scope: opened.append(drill.id))
    monkeypatch.setattr(keys, "press", lambda *_, **__: "q")
    run(["review"], tools)
    assert opened == []
    monkeypatch.setattr(keys, "press", lambda *_, **__: "\n")
    run(["review", "--list"], tools)
    assert opened == []
    run(["review"], tools)
    assert opened == ["softmax"]
    assert "Enter starts softmax, q quits." in capsys.readouterr().out
