"""The screens, as they look at 80 columns without colour (and once with)."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType
from syrupy.assertion import SnapshotAssertion

from drill.cli import doctor, render, texts
from drill.cli.listing import coloured, cut, drill_lines, paint
from drill.cli.tools import Tools
from drill.grader.catalog import FollowUp
from drill.grader.verdict import CheckResult, Verdict, WorkRow

EXTREME = CheckResult(
    "extreme",
    "Stays finite and exact for entries around 10,000, uneven levels and -inf entries.",
    "failed",
    3,
    complaint="The result[0, 0] is nan, not 0.5.\nThe worst of 2 elements that differ.",
    code="import torch\n\nimport softmax as impl  # your file: run this beside it\n\n"
    "x = torch.tensor([[10000.0, 10000.0, 9999.0], [1.0, 2.0, 3.0]], dtype=torch.float32)"
    "  # (rows, cols)\nprint(impl.softmax(x, dim=-1))\n",
    got="tensor([[   nan,    nan],\n        [0.2689, 0.7311]])",
    wanted="tensor([[0.5000, 0.5000],\n        [0.2689, 0.7311]])",
    diagnosis="The exponential is taken without subtracting the maximum first.",
)
MATCHES = CheckResult(
    "matches", "Agrees with the definition along any axis that dim names.", "passed"
)
LEAN = CheckResult(
    "lean_with_a_name_that_is_too_long_for_it", "Takes a fixed number of operations."
)


def screen(body: RenderableType, width: int = 80, **options: Any) -> str:
    """What a console prints."""
    file = io.StringIO()
    plain: dict[str, Any] = {"color_system": None, "legacy_windows": False, "_environ": {}}
    console = Console(width=width, file=file, highlight=False, markup=False, **(plain | options))
    console.print(body, crop=False)
    return file.getvalue()


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")


@pytest.fixture
def failed() -> Verdict:
    checks = [MATCHES, EXTREME, LEAN]
    work = [
        WorkRow("tensor operations", 24, 16, 4, False),
        WorkRow("live bytes", 1234567, 2000000.5, 0.25, True),
    ]
    verdict = Verdict("softmax", "failed", seconds=0.41, checks=checks, work=work)
    verdict.output = "shape \x1b[31m(2, 3)\x1b[0m\x1b]0;title\x07\r\nnext\x08 line\n"
    verdict.file = "/home/ada/drill/tensors/softmax.py"
    return verdict


@pytest.mark.parametrize("width", [80, 120])
def test_a_failed_verdict(failed: Verdict, snapshot: SnapshotAssertion, width: int) -> None:
    text = screen(render.verdict(failed), width)
    assert text == snapshot
    assert not any(line.endswith(" ") for line in text.splitlines())
    assert failed.checks[1].code in f"{text}\n"  # It can be copied as it stands.


def test_a_failed_verdict_in_colour(failed: Verdict, snapshot: SnapshotAssertion) -> None:
    text = screen(render.verdict(failed), color_system="standard", force_terminal=True)
    assert re.sub(r"8;id=\d+", "8;id=1", text) == snapshot  # The path is a link.


def test_no_colour_is_hard_to_read_on_white_or_black(failed: Verdict) -> None:
    parts = [render.verdict(failed), render.solution(EXTREME.code, [FollowUp("Why?", "So.")])]
    text = "".join(screen(part, color_system="standard", force_terminal=True) for part in parts)
    used = {code for codes in re.findall(r"\x1b\[([\d;]+)m", text) for code in codes.split(";")}
    bold, dim, red, green, magenta = "1", "2", "31", "32", "35"
    assert used - {"0", "49"} <= {bold, dim, red, green, magenta}


def test_a_passed_verdict(failed: Verdict, snapshot: SnapshotAssertion) -> None:
    failed.status, failed.output, failed.partial = "passed", "", True
    failed.work = failed.work[1:]
    failed.checks = [
        MATCHES,
        CheckResult("extreme", EXTREME.claim, "passed"),
        CheckResult("lean", LEAN.claim, "not graded here"),
    ]
    failed.speed = {"device": "cpu", "ratio": 1.08, "low": 1.05, "high": 1.11}
    assert screen(render.verdict(failed)) == snapshot


@pytest.mark.parametrize("status", ["error", "timeout", "forbidden"])
def test_other_ends(status: Any, snapshot: SnapshotAssertion) -> None:
    check = CheckResult("loads", "Your file can be imported.", "failed", 1)
    check.complaint = "SyntaxError: invalid syntax (softmax.py, line 3)"
    assert screen(render.verdict(Verdict("softmax", status, checks=[check]))) == snapshot


def test_an_end_without_a_failed_check() -> None:
    check = CheckResult("matches", "It is right.", complaint="The drill took too long.")
    text = screen(render.verdict(Verdict("softmax", "timeout", checks=[check])))
    assert "The drill took too long." in text


def test_a_statement(tools: Tools, snapshot: SnapshotAssertion) -> None:
    drill = tools.catalog.find("flash")
    (drill.folder / "statement.md").write_text(
        "# Flash\n\nWrite `flash(q)` *well*:\n\n- once,\n- **quickly**.\n\n"
        "```python\ndef flash(q: Tensor) -> Tensor: ...\n```\n"
    )
    path = Path("/home/ada/drill/kernels/flash.py")
    assert screen(render.statement(drill, path)) == snapshot


def test_facts_name_what_is_needed(tools: Tools) -> None:
    facts = {id: render.facts(tools.catalog.find(id)).plain for id in ("curves", "flash")}
    assert facts == {
        "curves": "training, easy, 8 minutes, needs drill-gym[plot]",
        "flash": "kernels, hard, 8 minutes, GPU required",
    }


def test_a_solution(snapshot: SnapshotAssertion) -> None:
    questions = [FollowUp("Why the maximum?", "It `cancels`."), FollowUp("Else?", "NaN.")]
    text = "def softmax(x):  # " + "a line that is longer than the screen is wide, " * 2 + "\n"
    assert screen(render.solution(text, questions)) == snapshot
    assert screen(render.solution("x = 1\n", [])) == "x = 1\n"


def test_a_doctors_page(snapshot: SnapshotAssertion) -> None:
    folder = {"path": "/home/ada/drill", "exists": False, "writable": True}
    report = {
        "drill": "0.1.0",
        "drills": 150,
        "python": "3.12.1 (/usr/bin/python3)",
        "platform": "Linux-6.1",
        "cores": 2,
        "packages": {"torch": "2.13.0+cpu", "triton": None},
        "gpu": None,
        "sandbox": [["landlock", "active (ABI 7)"], ["seccomp", "active"]],
        "extras": {
            "hf": {"installed": True, "command": "pip install 'drill-gym[hf]'"},
            "plot": {"installed": False, "command": "pip install 'drill-gym[plot]'"},
        },
        "editor": None,
        "folders": {"state": {**folder, "exists": True, "writable": False}, "workspace": folder},
        "terminal": {
            "type": "xterm",
            "columns": 80,
            "lines": 24,
            "input": True,
            "output": True,
            "colour": True,
        },
    }
    assert screen(doctor.page(report)) == snapshot


def test_the_list_has_colour_at_a_terminal(tools: Tools) -> None:
    lines = list(
        drill_lines(tools.catalog.drills, {"softmax": "passed"}, 100, colour=True, due={"einsum"})
    )
    assert lines[0] == "\x1b[1mdecoding\x1b[0m"
    assert lines[5].endswith("\x1b[32mpassed\x1b[0m")
    assert (cut("abcdef", 4), paint("a", "1", False)) == ("abc…", "a")


@pytest.mark.parametrize(
    ("environ", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], terminal: bool, expected: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert coloured() is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J\x1b[1;1Hhi", "hi"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("a\tb\nc\r\nd", "a\tb\nc\nd"),
        ("\x9b31m\x07\x00\u202eevil", "31mevil"),
    ],
)
def test_nothing_from_outside_reaches_the_terminal(text: str, expected: str) -> None:
    assert texts.harmless(text) == expected


def test_numbers_are_readable() -> None:
    values = [render.number(value) for value in (3, 1234567, 2000.4, 0.12345, 99.5)]
    assert values == ["3", "1,234,567", "2,000", "0.1235", "99.5"]
