"""Design rounds: how they are read, drawn, played, resumed, scored and handed on."""

import inspect
import json
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

import drill
from drill.cli import asking, design_round, estimates, keys
from drill.cli.app import run
from drill.cli.design_round import DesignRound
from drill.cli.designs import STAGES, Design, load, with_figures
from drill.cli.figures import draw, judge
from drill.cli.rounds import Plan
from drill.cli.stages import StageCard, StageResult, read_stages
from drill.cli.tools import Tools
from drill.grader.errors import ContentError

Shell = Callable[..., tuple[int, str, str]]


def talk(name: str, minutes: int) -> dict[str, Any]:
    rubric = [{"says": f"Point {n} of {{layers}} layers.", "why": "So."} for n in range(1, 5)]
    ask, answer = f"What about {name}?", "It has {layers} layers."
    return {"name": name, "minutes": minutes, "ask": ask, "rubric": rubric, "answer": answer}


def number(name: str, function: str, formula: str, unit: str) -> dict[str, Any]:
    step = {"name": "answer", "says": "All", "formula": formula, "unit": unit}
    texts = {"title": name.title(), "ask": "How much with {layers} layers?", "because": "So."}
    return {"name": name, **texts, "steps": [step], "function": function, "tolerance": 0.05}


ROUND: dict[str, Any] = {
    "id": "small-service",
    "title": "A small service",
    "level": "medium",
    "questions": ["design-1"],
    "brief": "Serve {layers} layers with {calls} launches each of {latency}.",
    "draws": {"layers": [10, 20, 40], "calls": [5, 6], "latency": ["2 us", "3 us", "4 us"]},
    "stages": [
        talk("requirements", 5),
        {
            "name": "capacity",
            "minutes": 10,
            "ask": "Now numbers.",
            "estimates": [
                number("launches", "sequential_seconds", "layers * calls * latency", "us"),
                number("adam", "adam_state_bytes", "16 * 1000", "kB"),
            ],
        },
        talk("architecture", 8),
        {**talk("bottleneck", 6), "answer": "Launches take {launches} a step."},
        talk("failure", 5),
    ],
    "drills": [],
    "sources": ["A paper"],
}
ROUND["draws"]["parameters"] = [1000]
ROUND["brief"] += " Adam has {parameters} parameters."


@pytest.fixture
def write(content: Path) -> Callable[..., Path]:
    """Writes a round; the changes are made to the one above."""

    def one(**changes: Any) -> Path:
        path = content / "drills" / "cards" / "rounds" / "all.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump([ROUND | changes], sort_keys=False))
        return path

    return one


# --- reading -------------------------------------------------------------------------------


def test_figures_and_results_stand_in_the_texts(write: Any, content: Path) -> None:
    write()
    (design,) = load(content)
    assert design.minutes == 34 and [stage.name for stage in design.stages] == list(STAGES)
    briefs, results = set(), set()
    for seed in range(30):
        told = with_figures(design, seed)
        launches = draw(design.stages[1].estimates[0], seed)
        layers = launches.figures["layers"].text
        assert f"Serve {layers} layers" in told.brief and f"with {layers} layers" in launches.ask
        assert told.stages[0].rubric[0].says == f"Point 1 of {layers} layers."
        assert told.stages[3].answer == f"Launches take {launches.answer} a step."
        briefs.add(told.brief)
        results.add(launches.answer)
    assert min(len(briefs), len(results)) >= 6


def changed(stage: int, **changes: Any) -> list[dict[str, Any]]:
    stages: list[dict[str, Any]] = ROUND["stages"]
    return [row | changes if n == stage else row for n, row in enumerate(stages)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stages": ROUND["stages"][:4]}, "the stages must be requirements, capacity"),
        ({"stages": changed(0, minutes=50)}, "a round has 20 to 60 minutes, not 79"),
        ({"stages": changed(0, answer="{launches}")}, "'launches' is not drawn"),
        ({"stages": changed(2, answer="{nothing}")}, "'nothing' is not drawn"),
        ({"stages": changed(2, rubric=[])}, "a rubric has 4 to 8 points, not 0"),
        ({"stages": changed(1, estimates=[])}, "there must be 2 to 5 estimates"),
        ({"stages": changed(1, rubric=[])}, "the key 'rubric' is unknown"),
        ({"brief": "Serve {layers}."}, "does not tell"),
        ({"id": "Small Service"}, "small letters"),
        ({"level": "odd"}, "must be one of"),
    ],
)
def test_a_round_that_is_wrong_is_named_with_its_line(
    write: Any, content: Path, changes: dict[str, Any], says: str
) -> None:
    path = write(**changes)
    with pytest.raises(ContentError, match=says) as found:
        load(content)
    assert str(path) in str(found.value)


# --- playing -------------------------------------------------------------------------------


class Table:
    """A learner at a design round: keys to press, answers to type, minutes that pass."""

    def __init__(self, tools: Tools, content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tools, self.keys, self.lines = tools, deque[Any](), deque[str]()
        (self.design,) = load(content)
        folder = tools.workspace.root / "mock" / "one"
        folder.mkdir(parents=True)
        plan = Plan(34, (), 7, "small-service")
        self.round = tools.store.record_round("round-one", plan, str(folder))
        monkeypatch.setattr(design_round, "press", self.press)
        monkeypatch.setattr(asking, "press", self.press)
        monkeypatch.setattr(design_round, "typed", self.typed)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "80")

    def press(self, choices: str, otherwise: str, clock: Callable[[], str] | None = None) -> str:
        while self.keys and isinstance(self.keys[0], int):
            self.tools.now.time += timedelta(minutes=self.keys.popleft())  # type: ignore[attr-defined]
        if clock and not clock():
            return ""
        key = self.keys.popleft() if self.keys else "q"
        assert key in choices, (key, choices)
        return str(key)

    def typed(self) -> str:
        return self.lines.popleft() if self.lines else "q"

    def __call__(self, *steps: str | int) -> StageCard | None:
        for step in steps:
            self.keys.extend(step if isinstance(step, str) else [step])
        return DesignRound(self.tools, self.round, self.design).play()

    def right(self) -> list[str]:
        cards = self.design.stages[1].estimates
        return [draw(card, 7).answer for card in cards]


@pytest.fixture
def seat(write: Any, tools: Tools, content: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    write()
    return Table(tools, content, monkeypatch)


def test_a_whole_round(
    seat: Table, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    seat.lines.extend([seat.right()[0], "what?", "12 kB"])
    card = seat(4, "\nyyyn\n", "\n\n", 9, "\nyyyy\n", "b\nnnnn\n", "\nyynn")
    assert card is not None and len(seat.keys) == 0
    assert [(one.made, one.points) for one in card.results] == [
        (3, 4),
        (1, 2),
        (4, 4),
        (0, 4),
        (2, 4),
    ]
    assert (card.results[0].seconds, card.results[2].seconds) == (240.0, 540.0)
    assert card.score == pytest.approx((0.75 + 0.5 + 1 + 0 + 0.5) / 5)
    seat.tools.say(design_round.stages_page(seat.round, "A small service", card))
    assert capsys.readouterr().out == snapshot


def test_a_round_that_was_left_goes_on_where_it_was(seat: Table) -> None:
    seat.lines.append(seat.right()[0])
    assert seat("\nyyyy\n", "\nq") is None
    seat.keys.clear()
    seat.lines.append(seat.right()[1])
    card = seat("\n", "\nyyyy\n", "\nyyyy\n", "\nyyyy")
    assert card is not None and [one.share for one in card.results] == [1.0] * 5
    assert len(seat.tools.store.answers()) == 6


def test_the_time_ends_it_and_what_was_said_counts(
    seat: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    card = seat(34, "yynn")
    assert card is not None and [one.made for one in card.results] == [2, 0, 0, 0, 0]
    assert card.results[0].seconds == 34 * 60
    assert "The time is over; what you said until now counts." in capsys.readouterr().out
    assert seat() == card


def test_handing_in_is_asked_about(seat: Table) -> None:
    card = seat("dn\nyyyy", "dy")
    assert card is not None and [one.made for one in card.results] == [4, 0, 0, 0, 0]
    assert (card.score, card.signal) == (0.2, "no hire")


def test_a_number_that_comes_too_late_does_not_count(seat: Table) -> None:
    def late() -> str:
        seat.tools.now.time += timedelta(minutes=40)  # type: ignore[attr-defined]
        return seat.right()[0]

    seat.typed = late  # type: ignore[method-assign]
    design_round.typed = late
    card = seat("\nyyyy\n")
    assert card is not None and [one.made for one in card.results] == [4, 0, 0, 0, 0]


# --- the command ---------------------------------------------------------------------------


def test_a_seed_picks_the_question_and_a_file_hands_it_on(
    write: Any, shell: Shell, tmp_path: Path
) -> None:
    write()
    file = tmp_path / "plan.json"
    status, out, err = shell("mock", "--design", "--seed", "5", "--save", str(file), "--json")
    assert (status, err) == (0, "")
    plan = json.loads(file.read_text())
    assert plan == json.loads(out)["plan"]
    facts = {"minutes": 34, "drills": [], "seed": 5, "design": "small-service"}
    assert plan == {"kind": "drill round", "format": 1, **facts}
    assert "needs a terminal" in shell("mock", "--from", str(file))[2]
    file.write_text(json.dumps(plan | {"design": "other"}))
    says = "There is no design question 'other'.\nThere are: small-service."
    assert says in shell("mock", "--from", str(file))[2]
    file.write_text(json.dumps(plan | {"drills": ["softmax"]}))
    assert "names both drills and a design question" in shell("mock", "--from", str(file))[2]


def test_wrong_calls(write: Any, shell: Shell) -> None:
    assert "There is no design question here." in shell("mock", "--design")[2]
    write()
    assert "no design question 'x'" in shell("mock", "--question", "x")[2]
    assert "no design question of level hard" in shell("mock", "--design", "--level", "hard")[2]
    assert "has no drills" in shell("mock", "--design", "--drills", "2")[2]
    assert "must be one of: easy" in shell("mock", "--design", "--level", "x")[2]


def test_it_is_played_recorded_and_reported(
    seat: Table,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Tools, "interactive", True)
    monkeypatch.setattr(keys, "press", seat.press)
    seat.keys.extend("\nyyyydy")
    assert run(["mock", "--resume"], seat.tools) == 0
    capsys.readouterr()
    document = json.loads(shell("mock", "--last", "--json")[1])
    assert (document["score"], document["plan"]["design"]) == (0.2, "small-service")
    assert [row["made"] for row in document["stages"]] == [4, 0, 0, 0, 0]
    assert "A small service: 34 minutes, seed 7" in shell("mock", "--last")[1]
    (row,) = json.loads(shell("report", "--json")[1])["rounds"]
    assert (row["design"], row["drills"], row["signal"]) == ("small-service", [], "no hire")
    assert "small-service" in shell("report")[1]
    file = tmp_path / "all.json"
    shell("export", str(file))
    seat.tools.environ = {**seat.tools.environ, "DRILL_HOME": str(tmp_path / "other")}
    assert "1 round" in shell("import", str(file))[1]
    assert json.loads(shell("mock", "--last", "--json")[1]) == document


def test_a_card_is_read_again() -> None:
    card = StageCard((StageResult("failure", 3, 4, 60.0, 6),))
    assert read_stages(json.loads(json.dumps(card.to_json()))) == card
    assert (card.score, card.signal) == (0.75, "hire")


# --- the content ---------------------------------------------------------------------------

FOUND = load(Path(drill.__path__[0]))


@pytest.mark.parametrize("design", FOUND, ids=lambda design: design.id)
def test_numbers_agree_with_their_functions(design: Design) -> None:
    cards = design.stages[1].estimates
    assert len({card.function for card in cards}) == len(cards)
    for seed in range(40):
        told = with_figures(design, seed)
        texts = [told.brief, *(stage.ask + stage.answer for stage in told.stages)]
        assert not set("{}") & set("".join(texts))
        for card in cards:
            drawn = draw(card, seed)
            function = getattr(estimates, card.function)
            wanted = inspect.signature(function).parameters.keys() & drawn.numbers.keys()
            right = function(**{name: drawn.numbers[name] for name in wanted})
            assert drawn.value == pytest.approx(right, rel=1e-9) and drawn.value > 0
            assert judge(drawn.answer, drawn).ok
    assert len({with_figures(design, seed).brief for seed in range(40)}) >= 8
