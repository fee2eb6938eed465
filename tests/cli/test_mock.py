"""Timed rounds: which drills they hold, the session against the clock, the scorecard."""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli import keys
from drill.cli.app import run
from drill.cli.events import Key, Saved
from drill.cli.history import Round
from drill.cli.mock import unfinished
from drill.cli.rounds import PRESETS, Plan, Result, Scorecard, choose, read_card, read_plan
from drill.cli.scorecard import page, score
from drill.cli.timed import TimedSession
from drill.cli.tools import Tools
from drill.grader.catalog import Catalog, Drill
from drill.grader.errors import UsageError
from drill.grader.formats import LEVELS

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"

Shell = Callable[..., tuple[int, str, str]]


# --- plans ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drills() -> tuple[Drill, ...]:
    """The real ones."""
    return Catalog.load().drills


def test_a_seed_chooses_the_same_drills_again(drills: tuple[Drill, ...]) -> None:
    slots = (LEVELS,) * 3
    plans = [choose(drills, 45, slots, seed) for seed in range(6)]
    assert plans == [choose(tuple(reversed(drills)), 45, slots, seed) for seed in range(6)]
    assert len({plan.drills for plan in plans}) > 1
    assert all(len(set(plan.drills)) == 3 for plan in plans)


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str, drills: tuple[Drill, ...]) -> None:
    kind = PRESETS[name]
    if name == "kernels" and sum(drill.topic == "kernels" for drill in drills) < len(kind.slots):
        pytest.skip("there are too few kernels")
    fitting = [drill for drill in drills if not kind.topics or drill.topic in kind.topics]
    levels = {drill.id: drill.level for drill in drills}
    minutes = {drill.id: drill.minutes for drill in drills}
    for seed in range(5):
        plan = choose(fitting, kind.minutes, kind.slots, seed)
        for slot in kind.slots:
            assert any(levels[id] in slot for id in plan.drills)
        assert abs(sum(minutes[id] for id in plan.drills) - kind.minutes) <= kind.minutes / 2
        if name == "onsite":
            assert [levels[id] for id in plan.drills].count("hard") == 1


def test_too_few_drills(drills: tuple[Drill, ...]) -> None:
    with pytest.raises(UsageError, match=r"2 are wanted, of levels hard, hard\."):
        choose(drills[:1], 45, (("hard",),) * 2, 0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "letter"}, "other document"),
        ({"format": 2}, "its format is 2"),
        ({"drills": []}, "no drills"),
        ({"drills": [1]}, "no drills"),
        ({"seed": "x"}, "no number"),
        ({"minutes": True}, "no number"),
    ],
)
def test_a_plan_that_is_none(changes: dict[str, Any], says: str) -> None:
    document = Plan(45, ("softmax",), 7).to_json()
    assert read_plan(document) == Plan(45, ("softmax",), 7)
    with pytest.raises(ValueError, match=says):
        read_plan({**document, **changes})


# --- scores --------------------------------------------------------------------------------


def result(**changes: Any) -> Result:
    facts: dict[str, Any] = {
        "drill": "softmax",
        "level": "easy",
        "minutes": 10,
        "passed_after": 300.0,
        "spent": 300.0,
        "attempts": 2,
        "checks_passed": 3,
        "checks": 3,
    }
    return Result(**{**facts, **changes})


def test_a_drill_scores_by_time_or_by_its_checks() -> None:
    assert result().code == 1.0
    assert result(spent=601.0).code == 0.8
    assert result(passed_after=None, checks_passed=2, checks=4).code == 0.25
    assert result(passed_after=None, checks_passed=0, checks=0).code == 0.0


def test_a_card_weighs_levels_and_follow_ups() -> None:
    hard = result(level="hard", passed_after=None, checks_passed=0)
    card = Scorecard((result(), hard))
    assert (card.code, card.talk, card.score, card.signal) == (0.25, None, 0.25, "no hire")
    card = Scorecard((result(followups=(2, 2)), result(followups=(2, 0))))
    assert (card.code, card.talk) == (1.0, 0.75)
    assert card.score == pytest.approx(0.95)
    assert card.signal == "strong hire"
    assert read_card(json.loads(json.dumps(card.to_json()))) == card


# --- the session ---------------------------------------------------------------------------


class Inbox:
    """Plays events in order, and runs functions between them; then it leaves."""

    def __init__(self) -> None:
        self.steps: deque[Any] = deque()
        self.look: Callable[[], None] = lambda: None

    def next(self, timeout: float) -> object:
        while self.steps:
            self.look()
            step = self.steps.popleft()
            if not callable(step):
                return step
            step()
        self.look()
        return Key("")

    def post(self, event: object) -> None:
        self.steps.appendleft(event)

    @contextmanager
    def paused(self) -> Iterator[None]:
        yield

    def suspend(self) -> None: ...


class Room:
    """A learner in a round of two drills and thirty minutes."""

    def __init__(self, tools: Tools, service: Any, screen: Any) -> None:
        self.tools, self.service, self.screen = tools, service, screen
        tools.out = screen.console  # type: ignore[misc]
        self.drills = [tools.catalog.find(id) for id in ("softmax", "einsum")]
        self.folder = tools.workspace.root / "mock" / "one"
        for drill in self.drills:
            tools.workspace.write_into(self.folder, drill)
        plan = Plan(30, ("softmax", "einsum"), 77)
        self.round = tools.store.record_round("round-one", plan, str(self.folder))
        self.screens: list[str] = []

    def save(self, text: str, id: str = "softmax") -> Callable[[], None]:
        return lambda: (self.folder / f"{id}.py").write_text(text) and None

    def passes(self, minutes: float) -> Callable[[], None]:
        def step() -> None:
            self.tools.now.time += timedelta(minutes=minutes)  # type: ignore[attr-defined]

        return step

    def __call__(self, *steps: Any) -> bool:
        inbox = Inbox()
        for step in steps:
            inbox.steps.extend(map(Key, step) if isinstance(step, str) else [step])
        inbox.look = lambda: self.screens.append(self.screen.glass.text)
        session = TimedSession(
            self.tools, self.service, inbox, self.round, self.drills, lambda work: work()
        )
        return session.run()

    @property
    def rows(self) -> list[str]:
        return self.screens[-1].rstrip("\n").split("\n")


@pytest.fixture
def room(
    tools: Tools, service: Any, make_screen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Room:
    monkeypatch.setenv("HOME", str(tmp_path))
    return Room(tools, service, make_screen())


def test_it_begins_with_the_first_statement_and_the_clock(
    room: Room, snapshot: SnapshotAssertion
) -> None:
    room()
    assert room.screens[-1] == snapshot


def test_a_verdict_names_the_case_and_no_mistake(room: Room, snapshot: SnapshotAssertion) -> None:
    room(room.save(WRONG), Saved(), room.passes(1), None)
    assert room.screens[-1] == snapshot
    assert "This looks like" not in "".join(room.screens)
    assert "29:00 left" in room.rows[-1]
    assert [job.seed for job in room.service.jobs] == [77]


@pytest.mark.parametrize("width", [60, 120])
def test_other_widths(
    tools: Tools,
    service: Any,
    make_screen: Any,
    width: int,
    snapshot: SnapshotAssertion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    room = Room(tools, service, make_screen(width, 30))
    room(room.save(WRONG), Saved(), "d", "n")
    assert room.screens[-1] == snapshot
    assert room.screen.glass.scrolled == 0


def test_drills_are_switched_and_a_save_elsewhere_is_graded_then(room: Room) -> None:
    room(room.save(RIGHT, "einsum"), Saved(), "2", None)
    assert room.rows[0].startswith("Einsum") and "passed" in room.rows[2]
    assert "1 open   2 passed" in room.rows
    room("n")
    assert room.rows[0].startswith("Softmax")


def test_the_last_minutes_are_told(room: Room) -> None:
    room(room.passes(24.5), None, room.passes(1), None)
    assert "5 minutes left. What you saved counts; d hands in." in room.rows
    room(room.passes(3.6), None)
    assert "1 minute left. What you saved counts; d hands in." in room.rows


def test_the_time_ends_the_round(room: Room) -> None:
    assert room(room.passes(30), None, room.save(RIGHT), Saved()) is True
    assert room.service.jobs == []


def test_handing_in_asks_first_and_leaving_leaves_the_clock_on(room: Room) -> None:
    assert room("d", "n", "q", "y") is False
    assert unfinished(room.tools) == room.round
    assert room("d", "y") is True


def test_what_was_left_is_remembered(room: Room) -> None:
    room(room.save(RIGHT), Saved())
    room(None)
    assert room.rows[0].startswith("Einsum")  # the first that is open
    assert "1 passed   2 open" in room.rows


def test_a_file_that_cannot_be_graded_is_said(room: Room) -> None:
    room(lambda: (room.folder / "softmax.py").unlink(), "r", None)
    assert "it can't be graded" in room.rows[2]


# --- the end -------------------------------------------------------------------------------


@pytest.fixture
def marks(monkeypatch: pytest.MonkeyPatch) -> deque[str]:
    """The keys pressed after the round; q when there are no more."""
    pressed: deque[str] = deque()
    monkeypatch.setattr(keys, "press", lambda *_, **__: pressed.popleft() if pressed else "q")
    return pressed


def test_the_card_counts_time_attempts_and_marks(
    room: Room, marks: deque[str], snapshot: SnapshotAssertion
) -> None:
    room(room.passes(4), room.save(WRONG), Saved(), room.passes(9), room.save(RIGHT), Saved())
    room("2", room.passes(5), room.save(WRONG, "einsum"), Saved(), "d", "y")
    marks.extend("\n2\n1")
    card = score(room.tools, room.service, room.round, room.drills)
    first, second = card.results
    assert (first.passed_after, first.spent, first.attempts) == (780.0, 780.0, 2)
    assert (first.code, first.followups) == (0.8, (2,))
    assert (second.passed_after, second.spent, second.attempts) == (None, 300.0, 1)
    assert (second.checks_passed, second.checks, second.followups) == (1, 3, (1,))
    room.tools.store.record_round_end(room.round, card)
    assert unfinished(room.tools) is None
    room.screen.resize(80, 40)
    room.tools.say(page(room.round, card))
    assert room.screen.glass.text.rstrip() == snapshot


def test_what_was_saved_last_is_graded_and_frozen(room: Room, marks: deque[str]) -> None:
    room.save(RIGHT)()
    saved = (room.round.at + timedelta(minutes=29)).timestamp()
    os.utime(room.folder / "softmax.py", (saved, saved))
    card = score(room.tools, room.service, room.round, room.drills)
    assert card.results[0].passed_after is not None and card.results[1].attempts == 0
    assert not (room.folder / "softmax.py").stat().st_mode & 0o222


def test_what_was_saved_after_the_end_does_not_count(room: Room, marks: deque[str]) -> None:
    room.round = Round("r", datetime(2020, 1, 1, tzinfo=UTC), room.round.plan, str(room.folder))
    room.save(RIGHT)()
    card = score(room.tools, room.service, room.round, room.drills)
    assert card.results[0].attempts == 0


# --- the command ---------------------------------------------------------------------------


def test_it_needs_a_terminal(shell: Shell) -> None:
    status, out, err = shell("mock", "--drills", "2")
    assert (status, out) == (2, "")
    assert err.startswith("drill: A round needs a terminal")


def test_wrong_calls(shell: Shell, tmp_path: Path) -> None:
    assert "must be one of: screen, onsite, kernels" in shell("mock", "--preset", "x")[2]
    assert "must be one of: easy, medium, hard" in shell("mock", "--level", "x")[2]
    assert "There is no topic 'x'" in shell("mock", "--topic", "x")[2]
    assert "Too few drills fit" in shell("mock", "--drills", "9")[2]
    assert "No round waits" in shell("mock", "--resume")[2]
    assert "No round was scored yet." in shell("mock", "--last")[2]
    assert "can't be read" in shell("mock", "--from", str(tmp_path / "none"))[2]
    (tmp_path / "broken").write_text("{")
    assert (
        "is no plan of a round: it is no JSON."
        in shell("mock", "--from", str(tmp_path / "broken"))[2]
    )


def test_a_plan_moves_as_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    options = ("--drills", "2", "--minutes", "20", "--seed", "3")
    status, out, err = shell("mock", *options, "--save", str(file))
    assert (status, err) == (0, "") and "drill mock --from plan.json" in out
    plan = json.loads(file.read_text())
    assert (plan["minutes"], plan["seed"], len(plan["drills"])) == (20, 3, 2)
    assert shell("mock", *options, "--save", str(file))[0] == 2
    assert "needs a terminal" in shell("mock", "--from", str(file))[2]
    plan["drills"] = ["curves"]
    file.write_text(json.dumps(plan))
    assert shell("mock", "--from", str(file))[0] == 3
    plan["drills"] = ["nothing"]
    file.write_text(json.dumps(plan))
    assert "no drill 'nothing'" in shell("mock", "--from", str(file))[2]


def test_json_goes_with_a_plan_or_the_last_card(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    status, out, err = shell("mock", "--seed", "3", "--drills", "1", "--save", str(file), "--json")
    assert (status, err, json.loads(out)["plan"]["seed"]) == (0, "", 3)
    status, out, _ = shell("mock", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "usage")


def test_a_round_is_exported_with_its_card(
    room: Room, shell: Shell, tmp_path: Path, marks: deque[str]
) -> None:
    room(room.save(RIGHT), Saved(), "d", "y")
    card = score(room.tools, room.service, room.round, room.drills)
    room.tools.store.record_round_end(room.round, card)
    room.tools.store.close()
    shell("mock", "--last")
    document = json.loads(shell("mock", "--last", "--json")[1])
    assert (document["plan"]["seed"], document["results"][0]["attempts"]) == (77, 1)
    file = tmp_path / "all.json"
    shell("export", str(file))
    room.tools.environ = {**room.tools.environ, "DRILL_HOME": str(tmp_path / "other")}
    assert "1 round" in shell("import", str(file))[1]
    assert json.loads(shell("mock", "--last", "--json")[1]) == document
    broken = json.loads(file.read_text())
    broken["round_ends"][0]["card"]["results"][0]["spent"] = "long"
    file.write_text(json.dumps(broken))
    assert "round_ends[0]: its card holds what no card does" in shell("import", str(file))[2]


def test_a_second_round_waits_for_the_first(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["mock", "--drills", "1"], room.tools) == 2
    assert "drill mock --resume" in capsys.readouterr().err
