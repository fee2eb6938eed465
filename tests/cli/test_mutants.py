"""`drill dev mutants`: what it prints, its document and its exit status."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill.cli.mutants import survivor_lines
from drill.grader.survivors import Survivor
from drill.grader.verdict import Verdict

Shell = Callable[..., tuple[int, str, str]]

SOLUTION = '"""One more."""\n\n\ndef answer(x, keep=True):\n    return x.detach() + 1  # one\n'


@pytest.fixture(autouse=True)
def solution(content: Path, service: Any) -> Path:
    """The solution of `softmax`; what is added is checked, and nothing else is."""

    def judge(job: Any) -> Verdict:
        right = "+ 1" in job.source or "1 + x" in job.source
        return Verdict(job.drill.id, "passed" if right else "failed")

    service.judge = judge
    path = content / "reference/tensors/softmax/solution.py"
    path.write_text(SOLUTION)
    return path


def test_survivors_are_shown(shell: Shell, snapshot: SnapshotAssertion) -> None:
    status, out, err = shell("dev", "mutants", "softmax", "einsum")
    assert (status, out, err) == (0, snapshot, snapshot)
    assert max(map(len, out.splitlines())) <= 80


def test_mutants_as_json(shell: Shell) -> None:
    status, out, err = shell("dev", "mutants", "softmax", "--json")
    document = json.loads(out)
    (row,) = document.pop("drills")
    assert (status, err, document) == (0, "", {"format": 1})
    names = [survivor["mutant"] for survivor in row.pop("survivors")]
    assert names == [
        "answer: def answer(x, keep=True): -> def answer(x, keep=False):",
        "answer: x.detach() -> x",
    ]
    assert row == {"drill": "softmax", "mutants": 6, "caught": 4, "equivalent": 0, "score": 66.67}


def test_all_drills(shell: Shell, service: Any) -> None:
    document = json.loads(shell("dev", "mutants", "--json")[1])
    rows = {row["drill"]: row for row in document["drills"]}
    assert list(rows) == ["speculative", "flash", "softmax", "einsum", "curves"]
    assert rows["flash"]["score"] is rows["curves"]["score"] is None  # a GPU, an extra
    assert rows["speculative"]["score"] == 100
    assert service.open == 0
    assert "flash: no mutant can be graded here\n" in shell("dev", "mutants", "flash")[1]


@pytest.mark.parametrize(("least", "expected"), [("66.6", 0), ("66.7", 1), ("0", 0), ("100", 1)])
def test_least(shell: Shell, least: str, expected: int) -> None:
    assert shell("dev", "mutants", "einsum", "softmax", "--least", least)[0] == expected
    assert shell("dev", "mutants", "softmax", "--least", least, "--json")[0] == expected


def test_least_passes_where_all_are_caught_or_none_can_be_graded(shell: Shell) -> None:
    assert shell("dev", "mutants", "einsum", "flash", "--least", "100")[0] == 0
    assert shell("dev", "mutants", "einsum", "--least", "101")[0] == 2


def test_the_entry_that_is_printed_can_be_pasted(shell: Shell, solution: Path) -> None:
    _, *blocks = shell("dev", "mutants", "softmax")[1].strip().split("\n\n")
    entries = [block.partition("\n---")[0] for block in blocks if block.startswith("- mutant")]
    text = "mistakes: []\nequivalent:\n" + "\n".join(entries) + "\n"
    path = solution.parent / "mistakes.yaml"
    path.write_text(text)
    assert "this text is empty" in shell("dev", "mutants", "softmax")[2]
    path.write_text(text.replace("reason: ''", "reason: No check looks."))
    status, out, err = shell("dev", "mutants", "softmax", "--least", "100")
    assert (status, out, err) == (0, "softmax: 100.0% (4 of 4 mutants caught, 2 equivalent)\n", "")


def test_an_equivalent_that_is_no_mutant(shell: Shell, solution: Path) -> None:
    path = solution.parent / "mistakes.yaml"
    text = "mistakes: []\nequivalent:\n- mutant: 'answer: gone'\n  reason: Why not.\n"
    path.write_text(text)
    status, out, err = shell("dev", "mutants", "softmax")
    assert (status, out) == (2, "")
    assert "the solution has no mutant 'answer: gone'" in err


def test_a_seed_is_handed_on(shell: Shell, solution: Path, service: Any) -> None:
    lines = "\n    ".join(f"x = x + {n}.5" for n in range(100, 160))
    solution.write_text(f"def answer(x):\n    {lines}\n    return x + 1\n")
    graded = []
    for seed in ("0", "0", "1"):
        service.jobs.clear()
        assert shell("dev", "mutants", "softmax", "--seed", seed)[0] == 0
        graded.append([job.file for job in service.jobs])
    assert len(graded[0]) == 61
    assert graded[0] == graded[1] != graded[2]


def test_progress_at_a_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert shell("dev", "mutants", "softmax")[0] == 0


def test_an_interrupt_leaves_things_whole(shell: Shell, service: Any) -> None:
    judge = service.judge

    def stop(job: Any) -> Verdict:
        if len(service.jobs) == 3:
            raise KeyboardInterrupt
        verdict: Verdict = judge(job)
        return verdict

    service.judge = stop
    assert shell("dev", "mutants", "softmax", "--json")[:2] == (130, "")
    assert service.open == 0


def test_colours() -> None:
    survivor = Survivor("f: a -> b", "--- f.py\n+++ f.py\n@@ -1 +1 @@\n same\n-a\n+b")
    lines = list(survivor_lines(survivor, colour=True))
    assert "\x1b[31m-a\x1b[0m" in lines and "\x1b[32m+b\x1b[0m" in lines and " same" in lines
    assert "\x1b" not in "".join(survivor_lines(survivor, colour=False))
