"""The learner's folder: where it is, what is written, and that nothing of theirs is lost."""

import ast
import json
import os
import sys
from pathlib import Path

import pytest

from drill.cli.tools import Tools
from drill.cli.workspace import Workspace, editor_settings, locate, start_file
from drill.grader.catalog import Drill
from drill.grader.errors import UsageError


@pytest.fixture
def softmax(tools: Tools) -> Drill:
    return tools.catalog.find("softmax")


@pytest.fixture
def workspace(tools: Tools) -> Workspace:
    return tools.workspace


def test_the_place_is_chosen_by_what_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, state = tmp_path / "home", tmp_path / "state"
    monkeypatch.setenv("HOME", str(home))
    assert locate({"DRILL_WORKSPACE": "~/code"}, state, attended=False) == home / "code"
    assert locate({}, state, attended=True) == home / "drill"
    assert locate({}, state, attended=False) == state / "workspace"
    (home / "drill").mkdir(parents=True)
    assert locate({}, state, attended=False) == home / "drill"
    assert locate({"DRILL_HOME": str(state)}, state, attended=False) == state / "workspace"


def test_the_start_file_is_the_statement_and_the_stub(workspace: Workspace, softmax: Drill) -> None:
    assert workspace.write(softmax)
    text = workspace.path(softmax).read_text()
    module = ast.parse(text)
    assert ast.get_docstring(module) == (
        "Softmax (easy, 8 minutes)\n\nWrite `answer(x)`: one more than `x`."
    )
    assert text.endswith(softmax.stub)
    assert workspace.path(softmax) == workspace.root / "tensors/softmax.py"
    assert workspace.untouched(softmax)
    assert sorted(path.name for path in workspace.root.iterdir()) == [
        "pyrightconfig.json",
        "tensors",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        r"A backslash \d, \N and \u, and one at the end \ ",
        'Three quotes """ in it',
        "Both \"\"\" and ''' in it\n\nand more",
        "A quote at the end'",
    ],
)
def test_any_statement_gives_a_valid_file(softmax: Drill, statement: str) -> None:
    (softmax.folder / "statement.md").write_text(statement)
    text = start_file(softmax)
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert names == {"answer"}
    assert all(line.strip() in text for line in statement.splitlines())


def test_the_learners_file_is_never_overwritten(workspace: Workspace, softmax: Drill) -> None:
    workspace.write(softmax)
    workspace.path(softmax).write_text("mine")
    (workspace.root / "pyrightconfig.json").write_text("{}")
    assert not workspace.write(softmax)
    assert workspace.path(softmax).read_text() == "mine"
    assert (workspace.root / "pyrightconfig.json").read_text() == "{}"
    assert not workspace.untouched(softmax)


def test_somebody_faster_wins(
    workspace: Workspace, softmax: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(draft: Path, path: Path) -> None:
        Path(path).write_text("theirs")
        raise FileExistsError

    monkeypatch.setattr(os, "link", lose)
    assert not workspace.write(softmax)
    assert workspace.path(softmax).read_text() == "theirs"
    assert [path.name for path in workspace.path(softmax).parent.iterdir()] == ["softmax.py"]


def test_a_file_system_without_links_will_do(
    workspace: Workspace, softmax: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(draft: Path, path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    assert workspace.write(softmax)
    assert workspace.untouched(softmax)


def test_a_reset_keeps_what_was_there(workspace: Workspace, softmax: Drill) -> None:
    assert workspace.reset(softmax) is None
    for text in ("first", "second"):
        workspace.path(softmax).write_text(text)
        kept = workspace.reset(softmax)
        assert kept is not None and kept.read_text() == text
        assert kept.parent == workspace.root / ".kept"
        assert kept.name.startswith("softmax.20260504-123000")
        assert workspace.untouched(softmax)


def test_a_folder_that_can_not_be_written_is_one_sentence(tmp_path: Path, softmax: Drill) -> None:
    (tmp_path / "file").write_text("")
    workspace = Workspace(tmp_path / "file" / "work", lambda: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(UsageError, match="can't be written") as caught:
        workspace.write(softmax)
    assert caught.value.remedy == "Set DRILL_WORKSPACE to a folder of yours."


def test_it_holds_what_lies_below_it(workspace: Workspace, tmp_path: Path) -> None:
    workspace.root.mkdir()
    (tmp_path / "link").symlink_to(workspace.root)
    assert workspace.holds(workspace.root / "tensors/softmax.py")
    assert workspace.holds(tmp_path / "link" / "softmax.py")
    assert not workspace.holds(workspace.root / ".." / "softmax.py")


def test_the_editor_finds_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/ada/.venv")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    settings = json.loads(editor_settings())
    assert (settings["venvPath"], settings["venv"]) == ("/home/ada", ".venv")
    monkeypatch.setattr(sys, "base_prefix", "/home/ada/.venv")
    assert "venv" not in json.loads(editor_settings())
