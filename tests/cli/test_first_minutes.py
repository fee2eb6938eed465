"""A newcomer's first ten minutes, for every topic there is."""

import ast
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drill.cli.browse import suggest, weak_topics
from drill.cli.tools import Tools
from drill.cli.workspace import Workspace, start_file
from drill.grader.catalog import Catalog
from drill.grader.verdict import Verdict

CATALOG = Catalog.load()


@pytest.fixture
def newcomer(tmp_path: Path) -> Tools:
    """A fresh machine: no extra, no GPU, no record."""
    return Tools(
        environ={"DRILL_HOME": str(tmp_path)}, gpu=lambda: False, installed=lambda module: False
    )


@pytest.mark.parametrize("topic", CATALOG.topics())
def test_a_topic_opens_with_a_drill_that_any_machine_grades(topic: str, newcomer: Tools) -> None:
    drills = CATALOG.in_topic(topic)
    plain = [one for one in drills if one.extra is None and one.gpu != "required"]
    if not plain:
        pytest.skip("every drill of this topic needs an extra or a GPU")
    first = suggest(drills, newcomer)
    assert first in plain
    assert first.order == 1


def test_a_weak_topic_comes_first(newcomer: Tools) -> None:
    drills = CATALOG.in_topic("tensors") + CATALOG.in_topic("attention")
    first = suggest(drills, newcomer)
    assert first is not None and first.topic == "attention"

    def graded(id: str, *statuses: Any) -> None:
        for status in statuses:
            newcomer.store.record_attempt(Verdict(id, status), "", in_workspace=True)

    graded("masked_attention", *["failed", "passed"] * 2, "passed")
    assert weak_topics(newcomer) == set()
    graded("softmax", *["failed"] * 4)
    assert weak_topics(newcomer) == set(), "four say nothing yet"
    graded("softmax", "failed")
    assert weak_topics(newcomer) == {"tensors"}
    found = suggest(drills, newcomer)
    assert found is not None and found.topic == "tensors"


def test_the_start_files_show_no_red_lines(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, datetime.now)
    for drill in CATALOG.drills:
        ast.parse(start_file(drill))
        workspace.write(drill)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=E9,F63,F7,F82"]
    found = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
