"""Quiz cards: how they are read, chosen, asked and remembered."""

import json
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from drill.cli import asking, cards, designs
from drill.cli.app import run
from drill.cli.quiz import load
from drill.cli.tools import Tools
from drill.grader.catalog import Catalog
from drill.grader.errors import ContentError

Shell = Callable[..., tuple[int, str, str]]

CARD: dict[str, Any] = {
    "id": "kv-growth",
    "title": "How the cache grows",
    "kind": "explain",
    "level": "easy",
    "questions": ["keyword-mqa"],
    "ask": "Why does the cache grow with the context?",
    "rubric": [{"says": f"Point {n}.", "why": f"Because of {n}."} for n in range(1, 5)],
    "answer": "word " * 120,
    "wrong": [{"says": "It does not grow.", "but": "It does, by one entry a token."}],
    "followups": [{"ask": "And with MQA?", "answer": "Slower."}],
    "drills": ["softmax"],
    "sources": ["A paper"],
}


@pytest.fixture
def write(content: Path) -> Callable[..., Path]:
    """Writes a section; each argument changes the card above."""

    def section(name: str, *changes: dict[str, Any]) -> Path:
        path = content / "drills" / "cards" / f"{name}.yaml"
        rows = [CARD | {"id": f"{name}-{n}"} | change for n, change in enumerate(changes)]
        path.write_text(yaml.safe_dump(rows, sort_keys=False))
        return path

    return section


# --- reading -------------------------------------------------------------------------------


def test_cards_are_read_in_the_order_of_their_files(write: Any, content: Path) -> None:
    write("serving", {}, {"kind": "design"})
    write("basics", {"id": "z"}, {"id": "a"})
    found = cards.load(content)
    assert [card.id for card in found] == ["z", "a", "serving-0", "serving-1"]
    assert [card.section for card in found] == ["basics"] * 2 + ["serving"] * 2
    assert (found[0].rubric[1].why, found[0].wrong[0].but[:8]) == ("Because of 2.", "It does,")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "riddle"}, "'riddle' must be one of"),
        ({"rubric": CARD["rubric"][:3]}, "a rubric has 4 to 8 points, not 3"),
        ({"answer": "Short."}, "an answer has 110 to 420 words, not 1"),
        ({"sources": []}, "name at least one"),
        ({"more": 1}, "the key 'more' is unknown here"),
    ],
)
def test_a_card_that_is_wrong_is_named_with_its_line(
    write: Any, content: Path, change: dict[str, Any], says: str
) -> None:
    path = write("serving", change)
    with pytest.raises(ContentError, match=says) as found:
        cards.load(content)
    assert str(path) in str(found.value)


def test_an_id_stands_once(write: Any, content: Path) -> None:
    write("serving", {"id": "one"}, {"id": "one"})
    with pytest.raises(ContentError, match="stands here twice"):
        cards.load(content)


# --- choosing ------------------------------------------------------------------------------


def test_the_list(write: Any, shell: Shell, snapshot: SnapshotAssertion) -> None:
    write("serving", {}, {"kind": "design", "level": "hard"})
    assert shell("quiz") == (0, snapshot, "")
    document = json.loads(shell("quiz", "--json")[1])
    assert document["cards"][1] == {
        "id": "serving-1",
        "section": "serving",
        "title": "How the cache grows",
        "kind": "design",
        "level": "hard",
        "ask": "Why does the cache grow with the context?",
        "questions": ["keyword-mqa"],
        "drills": ["softmax"],
        "answered": 0,
        "rating": None,
        "due": None,
    }
    assert len(json.loads(shell("quiz", "--kind", "design", "--json")[1])["cards"]) == 1


def test_unknown_names(write: Any, shell: Shell) -> None:
    write("serving", {})
    assert shell("quiz", "servin") == (
        2,
        "",
        "drill: There is no section 'servin'.\nTry serving.\n",
    )
    assert (
        "no question in serving of the kind design"
        in shell("quiz", "serving", "--kind", "design")[2]
    )
    assert "There is no kind 'x'" in shell("quiz", "--kind", "x")[2]
    assert (
        "There is no card 'serving-9'.\nTry serving-0." in shell("quiz", "--card", "serving-9")[2]
    )


# --- asking --------------------------------------------------------------------------------


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> deque[str]:
    """Keys to press; the terminal is one for questions and answers."""
    pressed: deque[str] = deque()
    monkeypatch.setattr(asking, "press", lambda *_, **__: pressed.popleft() if pressed else "q")
    monkeypatch.setattr(Tools, "interactive", True)
    return pressed


def test_a_question_is_asked_ticked_and_kept(
    write: Any,
    tools: Tools,
    keys: deque[str],
    capsys: pytest.CaptureFixture[str],
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    write("serving", {"answer": "So it is. " * 40})
    keys.extend("\nyyny\n")
    times = iter([10.0, 95.0])
    asking.ask_all(cards.load(tools.catalog.root), tools, seconds=lambda: next(times))
    assert capsys.readouterr().out == snapshot
    (answer,) = tools.store.answers()
    assert (answer.card, answer.made, answer.points, answer.seconds) == ("serving-0", 3, 4, 85.0)


def test_what_is_due_comes_first_and_what_is_known_rests(
    write: Any, tools: Tools, keys: deque[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write("serving", {}, {}, {})
    keys.extend("\nyyyy\n\nnnnn\n\nyyyyq")
    assert run(["quiz", "--count", "2"], tools) == 0
    assert "4 of 8 points in 2 questions." in capsys.readouterr().out
    tools.now.time += timedelta(days=2)  # type: ignore[attr-defined]
    document = {card["id"]: card for card in listed(tools, capsys)}
    assert (document["serving-0"]["rating"], document["serving-1"]["rating"]) == ("Easy", "Again")
    assert run(["quiz"], tools) == 0
    out = capsys.readouterr().out
    assert out.index("serving, easy, 1 of 2") < out.index("4 of 4 points")
    rows = {card["id"]: card["answered"] for card in listed(tools, capsys)}
    assert rows == {"serving-0": 1, "serving-1": 2, "serving-2": 0}


def test_report_and_review_tell_of_it(
    write: Any, tools: Tools, keys: deque[str], shell: Shell
) -> None:
    write("serving", {}, {})
    write("basics", {})
    keys.extend("\nyynn")
    shell("quiz", "--card", "serving-1")
    out = shell("report")[1]
    assert "Streak: 1 day, today included." in out
    assert [
        line.split() for line in out.splitlines() if line.startswith(("serving", "basics"))
    ] == [
        ["basics", "0", "of", "1", "-"],
        ["serving", "1", "of", "2", "2", "of", "4"],
    ]
    assert "due again" not in out + shell("review")[1]
    tools.now.time += timedelta(days=30)  # type: ignore[attr-defined]
    assert "1 question due again: drill quiz" in shell("report")[1]
    assert "1 question due again: drill quiz" in shell("review")[1]
    assert json.loads(shell("review", "--json")[1])["questions"] == ["serving-1"]


def listed(tools: Tools, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    run(["quiz", "--json"], tools)
    cards: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["cards"]
    return cards


def test_only_drills_that_are_here_are_named(
    write: Any, tools: Tools, keys: deque[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write("serving", {"drills": ["not_yet", "einsum"]})
    keys.extend("\nyyyyq")
    run(["quiz"], tools)
    out = capsys.readouterr().out
    assert "Practise it: drill start einsum" in out and "not_yet" not in out


def test_a_question_can_be_skipped_or_left(write: Any, tools: Tools, keys: deque[str]) -> None:
    write("serving", {}, {})
    keys.extend("s\nyq")
    assert run(["quiz"], tools) == 0
    assert tools.store.answers() == []


def test_an_answer_is_typed_in_the_editor(
    write: Any, tools: Tools, keys: deque[str], tmp_path: Path
) -> None:
    write("serving", {})
    program = tmp_path / "ed"
    program.write_text('#!/bin/sh\necho "It grows." >> "$1"\n')
    program.chmod(0o755)
    tools.environ = {**tools.environ, "DRILL_EDITOR": str(program)}
    keys.extend("eyyyyq")
    run(["quiz"], tools)
    assert tools.store.answers()[0].text == "It grows."
    tools.environ = {name: value for name, value in tools.environ.items() if name != "DRILL_EDITOR"}
    keys.extend("e\nnnnnq")
    run(["quiz", "--card", "serving-0"], tools)
    assert sorted(one.made for one in tools.store.answers()) == [0, 4]


def test_answers_are_exported(write: Any, tools: Tools, keys: deque[str], shell: Shell) -> None:
    write("serving", {})
    keys.extend("\nyyyy")
    shell("quiz")
    (row,) = json.loads(shell("export")[1])["answers"]
    assert (row["card"], row["made"]) == ("serving-0", 4)


NUMBER = """\
- id: cache
  title: The cache
  level: easy
  questions: [keyword-gqa]
  ask: Adam keeps 16 bytes for each of {parameters} parameters. How many kilobytes is that?
  draws: {parameters: [1000, 2000]}
  steps:
  - {name: one, says: One parameter, formula: 4 * 4, unit: B}
  - {name: answer, says: All, formula: one * parameters, unit: kB}
  function: adam_state_bytes
  tolerance: 0.05
  sources: [A paper]
  because: It grows.
"""


def test_a_number_is_judged_and_worked_out(
    content: Path,
    tools: Tools,
    keys: deque[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    snapshot: SnapshotAssertion,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    folder = content / "drills" / "cards" / "figures"
    folder.mkdir(parents=True)
    (folder / "numbers.yaml").write_text(NUMBER)
    lines = iter(["what?", "3 ms", "s"])
    monkeypatch.setattr(asking, "typed", lambda: next(lines))
    keys.extend("\n")
    run(["quiz", "numbers", "--seed", "1"], tools)
    assert capsys.readouterr().out == snapshot
    (answer,) = tools.store.answers()
    assert (answer.card, answer.made, answer.points, answer.text) == ("cache", 0, 1, "3 ms")


# --- the content ---------------------------------------------------------------------------


def test_every_question_that_is_not_code_has_a_card() -> None:
    """The ids of what the guide asks in words and numbers stand in questions.txt."""
    root = Catalog.load().root
    asked = {id for card in (*load(root), *designs.load(root)) for id in card.questions}
    wanted = Path(__file__).with_name("questions.txt").read_text().split()
    assert len(wanted) == 115 and set(wanted) - asked == set()


FOUND = cards.load(Catalog.load().root)


@pytest.mark.parametrize("card", FOUND, ids=lambda card: card.id)
def test_each_card_is_worth_asking(card: cards.Card) -> None:
    assert len(card.wrong) >= 2 and len(card.followups) >= 2
    said = [point.says for point in card.rubric]
    assert len(set(said)) == len(said)
    assert card.questions or card.drills
