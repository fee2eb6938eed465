"""`drill export` and `drill import`: nothing is lost, nothing comes twice, nothing half."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drill.cli.history import FORMAT, Attempt, GiveUp, Hint, History, Start
from drill.cli.tools import Tools
from drill.grader.verdict import CheckResult, Verdict, WorkRow

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

Shell = Callable[..., tuple[int, str, str]]

NO_ROUND = {"rounds": 0, "round_ends": 0, "answers": 0}

FULL = History(
    (
        Attempt(
            "a",
            "softmax",
            NOON,
            True,
            "x",
            Verdict(
                "softmax",
                "failed",
                checks=[CheckResult("matches", "It is right.", "failed", code="x = 1")],
                work=[WorkRow("ops", 1, 2, 1, True)],
                speed={"ratio": 1.5},
                sandbox=["landlock"],
            ),
        ),
    ),
    (Hint("b", "softmax", NOON, 1),),
    (GiveUp("c", "softmax", NOON),),
    (Start("d", "softmax", NOON, review=True),),
)


@pytest.fixture
def practise(shell: Shell, tools: Tools) -> Callable[..., None]:
    """Grades texts as the learner's file of a drill."""

    def grade(id: str, *texts: str) -> None:
        path = tools.workspace.path(tools.catalog.find(id))
        path.parent.mkdir(parents=True, exist_ok=True)
        for text in texts:
            path.write_text(text)
            shell("check", id)

    return grade


@pytest.fixture
def other(tools: Tools, tmp_path: Path) -> Callable[[], None]:
    """Goes on at another machine, which shares nothing but the drills."""

    def move() -> None:
        tools.environ = {**tools.environ, "DRILL_HOME": str(tmp_path / "other")}
        vars(tools).pop("store", None)

    return move


def test_a_history_moves_to_another_machine(
    shell: Shell, practise: Callable[..., None], other: Callable[[], None], tmp_path: Path
) -> None:
    practise("softmax", WRONG, RIGHT)
    shell("hint", "einsum")
    shell("solution", "speculative", "--give-up")
    file = tmp_path / "history.json"
    said = f"Written: 2 attempts, 1 hint and 1 give-up, to {file}.\n"
    assert shell("export", str(file)) == (
        0,
        f"{said}On another machine: drill import history.json\n",
        "",
    )
    listed, report = shell("list"), shell("report")
    other()
    practise("einsum", WRONG)
    status, out, err = shell("import", str(file))
    assert (status, out, err) == (0, "New: 2 attempts, 1 hint and 1 give-up.\n", "")
    assert shell("import", str(file))[1] == (
        "Nothing is new: 2 attempts, 1 hint and 1 give-up were here already.\n"
    )
    assert shell("list") != listed and shell("report") != report
    practise("softmax", WRONG)
    assert "softmax      passed          3        2" in shell("report")[1]


def test_export_prints_one_document(shell: Shell, practise: Callable[..., None]) -> None:
    practise("softmax", WRONG)
    status, out, err = shell("export")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert (document["kind"], document["format"]) == ("drill history", FORMAT)
    (attempt,) = document["attempts"]
    assert (attempt["source"], attempt["in_workspace"]) == (WRONG, True)
    assert attempt["verdict"]["checks"][1]["case"] == {"code": "x = 1\nprint(answer(x))"}
    assert shell("export", "-") == shell("export", "--json") == (0, out, "")


def test_export_leaves_a_file_alone(
    shell: Shell, practise: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "history.json"
    file.write_text("mine")
    status, out, err = shell("export", str(file))
    assert (status, out, file.read_text()) == (2, "", "mine")
    assert err == (
        f"drill: There is a file {file} already.\nName another, or overwrite it with --force.\n"
    )
    practise("softmax", WRONG)
    document = json.loads(shell("export", str(file), "--force", "--json")[1])
    assert document == {
        "format": 1,
        "file": str(file),
        "attempts": 1,
        "hints": 0,
        "give_ups": 0,
        "starts": 0,
        **NO_ROUND,
    }
    assert json.loads(file.read_text())["attempts"]
    assert [path.name for path in tmp_path.glob("*history*")] == ["history.json"]


@pytest.mark.parametrize("name", ["none/history.json", "", "a\0b"])
def test_export_to_where_nothing_can_be_written(shell: Shell, tmp_path: Path, name: str) -> None:
    status, out, err = shell("export", f"{tmp_path}/{name}", "--force")
    assert (status, out, err.count("\n")) == (2, "", 2)
    assert "can't be written" in err and "Name a file" in err


def test_a_failed_export_leaves_no_file(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    before = sorted(tmp_path.iterdir())
    status, _, err = shell("export", str(tmp_path / "history.json"))
    assert status == 2 and "No space left on device" in err
    assert sorted(tmp_path.iterdir()) == before


def test_export_into_a_device(shell: Shell) -> None:
    assert shell("export", "/dev/null", "--force")[0] == 0
    assert Path("/dev/null").is_char_device()


def test_import_says_as_json_what_was_new(shell: Shell, tmp_path: Path, tools: Tools) -> None:
    file = tmp_path / "history.json"
    unknown = Attempt("z", "later", NOON, True, "", Verdict("later", "passed"))
    file.write_text(json.dumps(replace(FULL, attempts=(*FULL.attempts, unknown)).to_json()))
    status, out, err = shell("import", str(file), "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "format": 1,
        "file": str(file),
        "new": {"attempts": 2, "hints": 1, "give_ups": 1, "starts": 1, **NO_ROUND},
        "known": {"attempts": 0, "hints": 0, "give_ups": 0, "starts": 0, **NO_ROUND},
        "unknown_drills": ["later"],
    }
    known = json.loads(shell("import", str(file), "--json")[1])["known"]
    assert known == {"attempts": 2, "hints": 1, "give_ups": 1, "starts": 1, **NO_ROUND}


def test_drills_of_another_version_are_kept(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    attempt = Attempt("z", "later", NOON, True, "", Verdict("later", "passed"))
    file.write_text(json.dumps(History(attempts=(attempt,)).to_json()))
    said = shell("import", str(file))[1]
    assert "Kept, though this version has no such drill: later\n" in said
    assert "later  passed         1        1" in shell("report")[1]
    (row,) = json.loads(shell("report", "--json")[1])["drills"]
    assert (row["id"], row["title"], row["topic"]) == ("later", None, None)
    assert json.loads(shell("export")[1])["attempts"][0]["drill"] == "later"


def test_import_reads_stdin(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(FULL.to_json()).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert shell("import", "-") == (0, "New: 1 attempt, 1 hint and 1 give-up.\n", "")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    assert "What came on stdin is no record" in shell("import", "-")[2]


def changed(**changes: Any) -> str:
    """A document with a good attempt, and one with these changes."""
    document = FULL.to_json()
    (attempt,) = document["attempts"]
    return json.dumps({**document, "attempts": [attempt, {**attempt, "uid": "z", **changes}]})


NAIVE = "2026-05-04T12:00:00"
OTHER_VERDICT = Verdict("einsum", "passed").to_json()
NEW_VERDICT = {**Verdict("softmax", "passed").to_json(), "format": 2}


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "export-broken", "it is cut off, or no JSON, at line 1"),
        (json.dumps(FULL.to_json(), indent=1)[:-30], "export-broken", "it is cut off"),
        ("[" * 100_000, "export-broken", "it is nested too deep"),
        ("[]", "export-broken", "it is some other document"),
        ('{"format": 1, "drills": []}', "export-broken", "it is some other document"),
        ('{"kind": "drill history", "format": 99}', "export-newer", "its format is 99, known is 1"),
        ('{"kind": "drill history", "format": 0}', "export-broken", "its format is no number"),
        ('{"kind": "drill history", "format": 1}', "export-broken", "it has no list of attempts"),
        (changed(source=1), "export-broken", "attempts[1]: its source is missing or of another"),
        (changed(source="\ud800"), "export-broken", "attempts[1]: its source holds half a char"),
        (changed(drill="../x"), "export-broken", "attempts[1]: its drill is no id"),
        (changed(uid="\x1b[2J"), "export-broken", "attempts[1]: its uid is none"),
        (changed(uid="a", source=""), "export-broken", "attempts[1]: another row has its uid"),
        (changed(at=NAIVE), "export-broken", "attempts[1]: its time is none, or lacks the zone"),
        (changed(verdict={}), "export-broken", "attempts[1]: its verdict lacks something"),
        (changed(verdict=OTHER_VERDICT), "export-broken", "its verdict is on another drill"),
        (changed(verdict=NEW_VERDICT), "export-newer", "its verdict's format is newer"),
    ],
)
def test_what_is_no_history_is_refused_as_a_whole(
    shell: Shell, tmp_path: Path, text: str, code: str, words: str
) -> None:
    file = tmp_path / "history.json"
    file.write_text(text)
    shell("hint", "softmax")
    before = shell("export")
    status, out, err = shell("import", str(file))
    assert (status, out, err.count("\n")) == (2, "", 2)
    assert words in err and "Nothing was imported." in err
    assert ("pip install -U" in err) == (code == "export-newer")
    error = json.loads(shell("import", str(file), "--json")[1])["error"]
    assert error["code"] == code
    assert shell("export") == before


def test_import_of_what_can_not_be_read(shell: Shell, tmp_path: Path) -> None:
    status, _, err = shell("import", str(tmp_path / "none"))
    assert (status, err.count("\n")) == (2, 2)
    assert "can't be read: No such file or directory." in err
    assert "can't be read: Is a directory." in shell("import", str(tmp_path))[2]
    (tmp_path / "bytes").write_bytes(b"\xff")
    assert "it is not UTF-8" in shell("import", str(tmp_path / "bytes"))[2]


def test_a_row_that_was_changed_is_refused(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    file.write_text(json.dumps(FULL.to_json()))
    shell("import", str(file))
    before = shell("export")
    file.write_text(changed(uid="new") + "\n")
    forged = json.loads(file.read_text())
    forged["attempts"][0]["source"] = "another text"
    file.write_text(json.dumps(forged))
    status, _, err = shell("import", str(file))
    assert status == 2 and "contradict each other: what is recorded as a differs" in err
    assert shell("export") == before


def test_a_record_that_can_not_be_written_is_said_once(
    shell: Shell, tools: Tools, tmp_path: Path
) -> None:
    file = tmp_path / "history.json"
    file.write_text(json.dumps(FULL.to_json()))
    (tmp_path / "state").write_text("a file where the folder should be")
    status, out, err = shell("import", str(file))
    assert (status, out, err.count("\n")) == (2, "", 2)
    assert err.startswith("drill: Nothing was imported: ") and "DRILL_HOME" in err
