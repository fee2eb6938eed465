"""What the report tells beyond counts, and its page."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drill.cli.history import Answer, Attempt, History, Round, RoundEnd
from drill.cli.insights import forecast, insights, speeds
from drill.cli.rounds import Plan, Result, Scorecard
from drill.cli.schedule import Moment, Standing
from drill.cli.tools import Tools
from drill.grader.verdict import CheckResult, Verdict

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TODAY = NOON.astimezone().date()

Shell = Callable[..., tuple[int, str, str]]


def attempt(id: str, day: float, status: str = "failed", says: str = "") -> Attempt:
    check = CheckResult("matches", "Right.", "failed", diagnosis=says)
    checks = [] if status == "passed" else [check]
    at = NOON + timedelta(days=day)
    return Attempt(f"{id}{day}", id, at, True, "x", Verdict(id, status, checks=checks))  # type: ignore[arg-type]


ATTEMPTS = (
    attempt("softmax", 0, says="Scaled twice."),
    attempt("softmax", 0.01, says="Scaled twice."),
    attempt("softmax", 0.02, "passed"),
    attempt("softmax", 1, "passed"),
    attempt("einsum", 2, says="Scaled twice."),
    attempt("speculative", 2, says="Not rescaled."),
    attempt("speculative", 2.1),
    attempt("speculative", 2.2, "passed"),
    attempt("gone", 2, says="Old."),
)
CARD = Scorecard((Result("softmax", "easy", 8, 60.0, 60.0, 1, 3, 3, (2,)),))
HISTORY = History(
    ATTEMPTS,
    rounds=(Round("r", NOON, Plan(30, ("softmax",), 7), "/nowhere"),),
    round_ends=(RoundEnd("e", NOON, "r", CARD.to_json()), RoundEnd("f", NOON, "?", {})),
    answers=(
        Answer("a", NOON, "growth", 1, 4, 60.0, ""),
        Answer("b", NOON + timedelta(days=3), "growth", 3, 4, 60.0, ""),
        Answer("c", NOON, "round-1/failure", 4, 4, 60.0, ""),
        Answer("d", NOON, "gone", 4, 4, 60.0, ""),
    ),
)
SECTIONS = {"growth": "serving", "waste": "serving", "lora": "numbers"}


def made(tools: Tools, moments: list[Moment] | None = None) -> dict[str, Any]:
    known = {drill.id: drill for drill in tools.catalog.drills}
    return insights(HISTORY, moments or [], {}, known, SECTIONS, TODAY)


def test_topics_where_most_fails_come_first(tools: Tools) -> None:
    assert made(tools)["weak_topics"] == [
        {"topic": "decoding", "attempts": 3, "failed": 2},
        {"topic": "tensors", "attempts": 5, "failed": 3},
    ]


def test_mistakes_made_in_several_drills_come_first(tools: Tools) -> None:
    rows = [(row["says"], row["times"], row["drills"]) for row in made(tools)["mistakes"]]
    assert rows == [
        ("Scaled twice.", 3, ["einsum", "softmax"]),
        ("Not rescaled.", 1, ["speculative"]),
        ("Old.", 1, ["gone"]),
    ]


def test_a_drill_is_passed_on_one_day_only(tools: Tools) -> None:
    assert [(row["attempts"], row["passed"]) for row in made(tools)["days"]] == [
        (3, 1),
        (1, 0),
        (5, 1),
    ]


def test_times_are_those_of_turns_that_began_with_a_start_file(tools: Tools) -> None:
    signs = [("started", 0), ("failed", 3), ("passed", 5), ("review", 9000), ("passed", 9004)]
    moments = [Moment("softmax", NOON + timedelta(minutes=at), what) for what, at in signs]  # type: ignore[arg-type]
    moments.append(Moment("einsum", NOON, "passed"))
    rows = [(row["minutes"], row["given"], row["review"]) for row in made(tools, moments)["times"]]
    assert rows == [(5.0, 8, False), (4.0, 8, True)]


def test_what_is_overdue_falls_due_today() -> None:
    days = (-9, 0, 3, 3, 99)
    standings = [Standing(NOON + timedelta(days=day), "Good") for day in days]
    standings += [Standing(), Standing(NOON, "Good", reviewing=True)]
    rows = [(row["day"], row["due"]) for row in forecast(standings, TODAY) if row["due"]]
    assert rows == [("2026-05-04", 2), ("2026-05-07", 2)]


def test_measured_times_are_listed(tools: Tools) -> None:
    assert made(tools)["speeds"] == []
    told = {"device": "cpu", "ratio": 1.5, "low": 1.4, "high": 1.6}
    untold = {"device": "cpu", "ratio": None, "note": "Too busy."}
    timed = [attempt("softmax", day, "passed") for day in (3, 4, 5)]
    for one, speed in zip(timed, (told, untold, None), strict=True):
        one.verdict.speed = speed
    at = "2026-05-07T12:00:00.000+00:00"
    assert speeds(timed) == [{"drill": "softmax", "at": at, "ratio": 1.5, "low": 1.4, "high": 1.6}]


def test_a_quiz_counts_by_what_was_answered_last(tools: Tools) -> None:
    assert made(tools)["quiz"] == [
        {"section": "serving", "questions": 2, "answered": 1, "made": 3, "points": 4},
        {"section": "numbers", "questions": 1, "answered": 0, "made": 0, "points": 0},
    ]


def test_rounds_that_were_scored_are_listed(tools: Tools) -> None:
    (row,) = made(tools)["rounds"]
    assert (row["minutes"], row["passed"], row["signal"]) == (30, 1, "strong hire")


# --- the command ---------------------------------------------------------------------------


@pytest.fixture
def learner(tools: Tools) -> None:
    """Somebody with a history."""
    tools.store.merge(HISTORY)
    tools.store.record_start("softmax", review=False)
    tools.installed = lambda module: True


def test_the_report_names_them(learner: None, shell: Shell) -> None:
    out = shell("report")[1]
    assert "Most gradings fail in decoding (2 of 3), tensors (3 of 5)." in out
    assert "Mistakes you made more than once:\n  3 times in 2 drills: Scaled twice.\n" in out
    assert "2026-05-04  30 minutes  1 of 1 passed  strong hire" in out
    document = json.loads(shell("report", "--json")[1])
    assert document["mistakes"][0]["says"] == "Scaled twice."
    assert sum(row["due"] for row in document["forecast"]) == 2


def test_the_page_needs_a_library(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    status, _, err = shell("report", "--html", str(file))
    assert (status, file.exists()) == (3, False)
    assert "pip install 'drill-gym[plot]'" in err


def test_the_page_is_whole_and_asks_for_nothing(
    learner: None, shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    assert shell("report", "--html", str(file)) == (0, f"Written: {file}\n", "")
    text = file.read_text()
    assert text.count("<svg") == text.count("</figure>") == 2
    assert "Scaled twice." in text and "strong hire" in text
    outside = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert not re.search(r"(src|href)=[\"'](?!#)|@import|url\((?!#)", outside)
    for level in ("h1", "h2"):
        assert f"<{level}>" in text
    assert text.count('role="img" aria-label="') == 2
    status, _, err = shell("report", "--html", str(tmp_path / "no" / "report.html"))
    assert status == 2 and "can't be written" in err


def test_a_page_without_a_history(shell: Shell, tools: Tools, tmp_path: Path) -> None:
    tools.installed = lambda module: True
    assert shell("report", "--html", str(tmp_path / "report.html"))[0] == 0
    assert "No attempt of yours is recorded yet." in (tmp_path / "report.html").read_text()


def test_what_a_history_says_is_no_markup(shell: Shell, tools: Tools, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    tools.store.merge(History((attempt("softmax", 0, says=bad),)))
    tools.installed = lambda module: True
    shell("report", "--html", str(tmp_path / "report.html"))
    text = (tmp_path / "report.html").read_text()
    assert bad not in text and html.escape(bad) in text


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

# Shows the page in a window of 375 pixels, and writes down how wide it wants to be.
FRAME = """<!doctype html><title>-</title>
<iframe width="375" height="900" srcdoc="{page}"></iframe>
<script>
addEventListener("load", () => {{
  const inner = document.querySelector("iframe").contentDocument;
  document.title = inner.documentElement.scrollWidth + " " + inner.querySelectorAll("svg").length;
}});
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_shows_it_on_a_telephone(learner: None, shell: Shell, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    file = tmp_path / "report.html"
    shell("report", "--html", str(file))
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(page=html.escape(file.read_text())))
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0")
    command = [CHROMIUM, *options, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, frame.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = re.search(r"<title>(\d+) (\d+)</title>", done.stdout)
    assert found is not None, done.stderr
    assert int(found[1]) <= 375 and int(found[2]) == 2
    assert "CONSOLE" not in done.stderr
