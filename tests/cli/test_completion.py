"""Shell completion, through the protocol that the installed scripts speak."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drill.cli.app import run
from drill.cli.tools import Tools

Complete = Callable[[str], list[str]]

SCRIPT = """
import atexit, sys
from pathlib import Path
from drill.cli.app import run
from drill.cli.tools import Tools
heavy = ("torch", "numpy", "hypothesis", "rich", "sqlite3")
atexit.register(lambda: print([name for name in heavy if name in sys.modules]))
run([], Tools(root=Path(sys.argv[1])))
"""


@pytest.fixture(params=["bash", "zsh"])
def complete(
    request: pytest.FixtureRequest,
    tools: Tools,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Complete:
    """What a shell offers for a line that ends at the cursor."""

    def ask(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_DRILL_COMPLETE", f"complete_{request.param}")
        monkeypatch.setenv("COMP_WORDS", "\n".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        with pytest.raises(SystemExit) as ended:
            run([], tools)
        out, err = capsys.readouterr()
        assert (ended.value.code, err) == (0, "")
        if request.param == "bash":
            return out.split()
        quoted = out.partition("((")[2].partition("))")[0].splitlines()
        return [item.split('"')[1] for item in quoted]

    return ask


@pytest.mark.parametrize(
    "command", ["check", "show", "hint", "solution", "reset", "dev verify", "dev mutants"]
)
def test_ids_are_completed(complete: Complete, command: str) -> None:
    assert complete(f"drill {command} s") == ["softmax", "speculative"]
    assert complete(f"drill {command} sof") == ["softmax"]
    assert complete(f"drill {command} xyz") == []


def test_start_takes_topics_and_ids(complete: Complete) -> None:
    assert complete("drill start t") == ["tensors", "training"]
    assert complete("drill start s") == ["softmax", "speculative"]
    everything = ["decoding", "kernels", "tensors", "training"]
    everything += ["curves", "einsum", "flash", "softmax", "speculative"]
    assert complete("drill start ") == everything


def test_options_take_topics_and_levels(complete: Complete) -> None:
    assert complete("drill list --topic te") == ["tensors"]
    assert complete("drill list --level ") == ["easy", "medium", "hard"]


def test_commands_are_completed(complete: Complete) -> None:
    assert complete("drill re") == ["report", "review", "reset"]
    assert complete("drill dev v") == ["verify"]


def test_a_file_is_left_to_the_shell(complete: Complete) -> None:
    assert complete("drill import ") == []
    assert complete("drill export ") == []
    assert complete("drill check softmax ") == []


def test_no_drill_is_read_for_it(complete: Complete, content: Path) -> None:
    for facts in (content / "drills").glob("*/*/drill.yaml"):
        facts.write_text("broken: [")
    assert complete("drill check sof") == ["softmax"]


def test_nothing_heavy_is_loaded(content: Path) -> None:
    environ = {**os.environ, "_DRILL_COMPLETE": "complete_bash"}
    environ |= {"COMP_WORDS": "drill check sof", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(content)],
        capture_output=True,
        text=True,
        env=environ,
        check=True,
    )
    assert done.stdout.splitlines() == ["softmax", "[]"]


@pytest.fixture
def drill_program(tmp_path: Path, content: Path) -> Path:
    """A folder with `drill` in it, which bash finds by its name."""
    program = tmp_path / "bin" / "drill"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
        "from drill.cli.app import run\nfrom drill.cli.tools import Tools\n"
        f"sys.exit(run(sys.argv[1:], Tools(root=Path({str(content)!r}))))\n"
    )
    program.chmod(0o755)
    return program


def bash(program: Path, home: Path, script: str) -> str:
    """What a bash at home prints."""
    path = f"{program.parent}:{os.environ['PATH']}"
    environ = {"HOME": str(home), "PATH": path, "DRILL_HOME": str(home / "state")}
    command = ["bash", "--norc", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    assert done.stderr == ""
    return done.stdout


def test_the_script_for_bash_completes(drill_program: Path, tmp_path: Path) -> None:
    script = (
        'eval "$(drill --show-completion)"\n'
        "COMP_WORDS=(drill check s); COMP_CWORD=2; _drill_completion drill\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    assert bash(drill_program, tmp_path, script).split() == ["softmax", "speculative"]


def test_it_is_installed_for_the_shell_that_asks(drill_program: Path, tmp_path: Path) -> None:
    said = bash(drill_program, tmp_path, "drill --install-completion; true")
    script = tmp_path / ".bash_completions" / "drill.sh"
    assert f"bash completion installed in {script}" in said
    assert "_DRILL_COMPLETE=complete_bash" in script.read_text()
    assert f"source '{script}'" in (tmp_path / ".bashrc").read_text()


def test_where_it_can_not_be_installed_it_says_what_to_do(
    drill_program: Path, tmp_path: Path
) -> None:
    script = "HOME=/dev/null drill --install-completion 2>&1; echo $?"
    first, second, status = bash(drill_program, tmp_path, script).splitlines()
    assert first.startswith("drill: Completion can't be installed: /dev/null")
    assert "`drill --show-completion`" in second and status == "2"
