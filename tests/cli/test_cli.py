"""The commands, as programs and people call them: output, exit status, what is kept."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from drill import __version__
from drill.cli import commands, doctor, extras
from drill.cli.tools import Tools, gpu_here, installed
from drill.grader.errors import DrillError, GraderError
from drill.grader.verdict import Verdict

RIGHT = "def answer(x):\n    return x + 1\n"
WRONG = "def answer(x):\n    return x\n"

Shell = Callable[..., tuple[int, str, str]]


def write(tools: Tools, text: str, id: str = "softmax") -> Path:
    """The learner's file of a drill, with this text."""
    path = tools.workspace.path(tools.catalog.find(id))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_list_fits_eighty_columns(
    shell: Shell, new_drill: Callable[..., Path], snapshot: SnapshotAssertion, tools: Tools
) -> None:
    folder = new_drill("modules", "a_drill_with_quite_a_long_id", order=12)
    facts = folder / "drill.yaml"
    facts.write_text(facts.read_text().replace("title: ", "title: A title so long that it is cut "))
    shell("check", "softmax", str(write(tools, RIGHT)))
    shell("check", "einsum", str(write(tools, WRONG, "einsum")))
    shell("solution", "speculative", "--give-up")
    status, out, err = shell("list")
    assert (status, out, err) == (0, snapshot, "")
    assert max(map(len, out.splitlines())) <= 80
    assert shell("list", "--level", "easy")[1].count(" min ") == 3


def test_list_as_json(shell: Shell, tools: Tools) -> None:
    shell("check", "softmax", str(write(tools, RIGHT)))
    status, out, err = shell("list", "--json")
    document = json.loads(out)
    assert (status, err, document["format"], len(document["drills"])) == (0, "", 1, 5)
    assert document["drills"][2] == {
        "id": "softmax",
        "title": "Softmax",
        "topic": "tensors",
        "level": "easy",
        "minutes": 8,
        "questions": ["q-1"],
        "extra": None,
        "gpu": "none",
        "status": "passed",
        "due": "2026-05-06T12:30:00+00:00",
    }
    assert document["drills"][4]["extra"] == "plot"
    _, out, _ = shell("list", "--json", "--topic", "tensors", "--level", "medium")
    assert [drill["id"] for drill in json.loads(out)["drills"]] == ["einsum"]


def test_list_needs_neither_torch_nor_a_state_folder(tmp_path: Path) -> None:
    script = (
        "import sys; from drill.cli.app import run; from drill.cli.tools import Tools\n"
        "assert run(['list'], Tools()) == 0\n"
        "print([name for name in ('torch', 'typer', 'rich', 'sqlite3') if name in sys.modules])\n"
    )
    environ = {**os.environ, "DRILL_HOME": str(tmp_path / "state")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert not (tmp_path / "state").exists()


def test_topics(shell: Shell, snapshot: SnapshotAssertion) -> None:
    assert shell("topics") == (0, snapshot, "")
    document = json.loads(shell("topics", "--json")[1])
    expected = {"topic": "tensors", "drills": 2, "passed": 0, "minutes": 16}
    assert document["topics"][2] == expected


def test_show(shell: Shell, tools: Tools, snapshot: SnapshotAssertion) -> None:
    tools.environ = {**tools.environ, "DRILL_WORKSPACE": "/home/ada/drill"}
    assert shell("show", "softmax") == (0, snapshot, "")
    assert "Can't be graded here: pip install 'drill-gym[plot]'" in shell("show", "curves")[1]
    document = json.loads(shell("show", "softmax", "--json")[1])
    assert document["file"] == "/home/ada/drill/tensors/softmax.py"
    assert document["statement"].startswith("# softmax")
    assert "NotImplementedError" in document["stub"]


def test_check_grades_the_workspace(shell: Shell, tools: Tools, service: Any) -> None:
    path = write(tools, WRONG)
    assert shell("check", "softmax")[0] == 1
    path.write_text(RIGHT)
    status, out, err = shell("check", "softmax", "--json", "--seed", "7")
    verdict = json.loads(out)
    assert (status, err) == (0, "")
    assert (verdict["status"], verdict["seed"], verdict["file"]) == ("passed", 7, str(path))
    assert [job.seed for job in service.jobs] == [0, 7]
    assert [one.status for one in tools.store.attempts("softmax")] == ["failed", "passed"]
    assert tools.store.attempts("softmax")[0].source == WRONG
    assert tools.statuses == {"softmax": "passed"}
    assert service.open == 0


def test_check_elsewhere_changes_no_progress(shell: Shell, tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RIGHT)
    assert shell("check", "softmax", str(tmp_path / "mine.py"))[0] == 0
    (attempt,) = tools.store.attempts("softmax")
    assert not attempt.in_workspace
    assert tools.statuses == {}


def test_check_reads_stdin(shell: Shell, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RIGHT.encode())))
    status, out, _ = shell("check", "softmax", "-", "--json")
    assert (status, json.loads(out)["file"]) == (0, "-")
    assert tools.statuses == {}


def test_check_without_a_file_says_what_to_do(shell: Shell) -> None:
    status, out, err = shell("check", "softmax")
    assert (status, out) == (2, "")
    assert "There is no file for softmax yet" in err
    assert "Run `drill start softmax`, or name a file." in err


def test_check_of_what_this_machine_lacks_is_skipped(
    shell: Shell, tools: Tools, service: Any, snapshot: SnapshotAssertion
) -> None:
    tools.environ = {**tools.environ, "DRILL_WORKSPACE": "/home/ada/drill"}
    status, out, _ = shell("check", "curves", "/home/ada/curves.py")
    assert (status, out, service.jobs) == (3, snapshot, [])
    verdict = json.loads(shell("check", "flash", "/home/ada/flash.py", "--json")[1])
    assert (verdict["status"], verdict["partial"]) == ("skipped", True)
    assert verdict["checks"][0]["complaint"] == "needs an NVIDIA GPU"


def test_check_with_the_extra_and_the_gpu_is_graded(shell: Shell, tools: Tools) -> None:
    tools.installed, tools.gpu = (lambda module: module == "matplotlib"), (lambda: True)
    assert shell("check", "curves", str(write(tools, RIGHT, "curves")))[0] == 0
    assert shell("check", "flash", str(write(tools, RIGHT, "flash")))[0] == 0


def test_check_shows_progress_at_a_terminal(
    shell: Shell, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tools, RIGHT)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert shell("check", "softmax")[0] == 0


def test_a_fault_of_the_grader_is_one_sentence(shell: Shell, tools: Tools, service: Any) -> None:
    def die(job: Any) -> Verdict:
        raise GraderError("The judge died.", code="judge", remedy="Try again.")

    service.judge = die
    write(tools, RIGHT)
    assert shell("check", "softmax") == (2, "", "drill: The judge died.\nTry again.\n")
    status, out, err = shell("check", "softmax", "--json")
    assert (status, err) == (2, "")
    assert json.loads(out)["error"]["code"] == "judge"


def test_a_record_that_can_not_be_kept_does_not_stop_the_grading(
    shell: Shell, tools: Tools, tmp_path: Path
) -> None:
    write(tools, RIGHT)
    (tmp_path / "state").write_text("a file where the folder should be")
    status, out, err = shell("check", "softmax", "--json")
    assert (status, json.loads(out)["status"]) == (0, "passed")
    assert err.count("\n") == 1 and "progress isn't saved" in err


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """One folder with each layout, a helper nobody knows, and hidden files."""
    folder = tmp_path / "many"
    files = {
        "tensors/softmax.py": RIGHT,
        "einsum/first.py": RIGHT,
        "einsum/second.py": WRONG,
        "ada/speculative.py": RIGHT,
        "curves.py": RIGHT,
        "helper.py": "",
        ".kept/softmax.py": WRONG,
        "__pycache__/softmax.py": WRONG,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_grade_reads_every_layout(
    shell: Shell, submissions: Path, snapshot: SnapshotAssertion, tools: Tools
) -> None:
    status, out, err = shell("grade", str(submissions))
    assert (status, out) == (1, snapshot)
    assert err.count("\n") == 1 and "helper.py is skipped" in err
    assert tools.statuses == {}


def test_a_folder_of_a_drill_holds_its_files_whatever_they_are_called(
    shell: Shell, submissions: Path
) -> None:
    (submissions / "einsum" / "softmax.py").write_text(RIGHT)
    renamed = submissions.rename(submissions.with_name("speculative"))
    (renamed / "helper.py").write_text(RIGHT)
    _, out, _ = shell("grade", str(renamed), "--json")
    drills = {one["file"]: one["drill"] for one in map(json.loads, out.splitlines())}
    assert drills[str(renamed / "einsum" / "softmax.py")] == "einsum"
    assert drills[str(renamed / "tensors" / "softmax.py")] == "softmax"
    assert drills[str(renamed / "helper.py")] == "speculative"


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_grade_as_json_is_a_verdict_a_line(
    shell: Shell, submissions: Path, service: Any, jobs: str
) -> None:
    (submissions / "softmax.py").write_bytes(b"\xff")
    status, out, _ = shell("grade", str(submissions), "--json", "--jobs", jobs)
    verdicts = [json.loads(line) for line in out.splitlines()]
    names = [str(Path(one["file"]).relative_to(submissions)) for one in verdicts]
    assert names == [
        "ada/speculative.py",
        "curves.py",
        "einsum/first.py",
        "einsum/second.py",
        "softmax.py",
        "tensors/softmax.py",
    ]
    statuses = [one["status"] for one in verdicts]
    assert statuses == ["passed", "skipped", "passed", "failed", "error", "passed"]
    assert "not UTF-8" in verdicts[4]["checks"][0]["complaint"]
    assert (status, service.open) == (1, 0)


def test_grade_passes_when_all_pass(shell: Shell, submissions: Path) -> None:
    (submissions / "einsum/second.py").write_text(RIGHT)
    (submissions / "curves.py").unlink()
    assert shell("grade", str(submissions))[0] == 0


def test_grade_goes_on_after_a_fault(shell: Shell, submissions: Path, service: Any) -> None:
    judge = service.judge

    def die_once(job: Any) -> Verdict:
        if job.drill.id == "softmax":
            raise GraderError("The judge died.", code="judge")
        return judge(job)

    service.judge = die_once
    status, out, _ = shell("grade", str(submissions), "--json")
    last = json.loads(out.splitlines()[-1])
    assert (status, len(out.splitlines())) == (2, 5)
    assert (last["error"]["code"], Path(last["file"]).name) == ("judge", "softmax.py")
    assert "not graded  tensors/softmax.py  The judge died." in shell("grade", str(submissions))[1]


def test_grade_ends_its_gradings_when_interrupted(
    shell: Shell, submissions: Path, service: Any
) -> None:
    def interrupt(job: Any) -> Verdict:
        raise KeyboardInterrupt

    service.judge = interrupt
    assert shell("grade", str(submissions))[0] == 130
    assert (service.cancelled, service.open) == (1, 0)


def test_grade_of_nothing_is_a_wrong_call(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, _, err = shell("grade", str(tmp_path / "empty"))
    assert status == 2 and "There is nothing to grade" in err
    assert "There is no folder" in shell("grade", str(tmp_path / "none"))[2]


def test_hints_come_one_by_one(shell: Shell, snapshot: SnapshotAssertion) -> None:
    shown = [shell("hint", "softmax") for _ in range(4)]
    assert shown == snapshot
    document = json.loads(shell("hint", "softmax", "--json")[1])
    assert (document["hint"], document["of"]) == (3, 3)
    assert document["text"] == "Nearly `the answer`."


def test_the_solution_comes_after_a_pass(
    shell: Shell, tools: Tools, snapshot: SnapshotAssertion
) -> None:
    status, out, err = shell("solution", "softmax")
    assert (status, out) == (2, "")
    assert "softmax is not passed yet." in err and "--give-up" in err
    shell("check", "softmax", str(write(tools, RIGHT)))
    assert shell("solution", "softmax") == (0, snapshot, "")
    assert shell("solution", "softmax", "--raw") == (0, RIGHT, "")


def test_giving_up_is_recorded_once_and_raw_is_the_kernel(shell: Shell, tools: Tools) -> None:
    _, out, _ = shell("solution", "flash", "--give-up", "--raw")
    assert out == "def answer(x):\n    return 1 + x  # fast\n"
    assert shell("solution", "flash", "--raw")[1] == out
    assert tools.statuses == {"flash": "gave up"}


def test_start_without_a_terminal_grades_once(shell: Shell, tools: Tools) -> None:
    status, out, _ = shell("start", "tensors")
    path = tools.workspace.path(tools.catalog.find("softmax"))
    assert status == 1
    assert out.startswith(f"{path}\n") and "Not written yet." in out
    path.write_text(RIGHT)
    assert shell("start", "softmax")[0] == 0
    assert path.read_text() == RIGHT
    assert f"{path.parent}/einsum.py\n" in shell("start", "tensors")[1]


def test_start_leaves_out_what_can_not_be_graded(shell: Shell, tools: Tools) -> None:
    _, out, err = shell("start")
    assert "softmax.py" in out
    assert "drill: left out: flash (needs an NVIDIA GPU)\n" in err
    assert "drill: left out: curves (pip install 'drill-gym[plot]')\n" in err
    status, _, err = shell("start", "curves")
    assert status == 3 and "Install what it needs: pip install 'drill-gym[plot]'" in err
    status, _, err = shell("start", "kernels")
    assert status == 3 and "It needs an NVIDIA GPU." in err


def test_start_prefers_what_was_not_given_up(shell: Shell, tools: Tools) -> None:
    shell("solution", "softmax", "--give-up")
    assert "einsum.py" in shell("start", "tensors")[1]
    shell("check", "einsum", str(write(tools, RIGHT, "einsum")))
    assert "softmax.py" in shell("start", "tensors")[1]
    shell("check", "softmax", str(write(tools, RIGHT)))
    status, out, _ = shell("start", "tensors")
    assert (status, out) == (0, "Every drill of tensors is passed; name one to do it again.\n")


def test_start_of_an_unknown_name(shell: Shell) -> None:
    status, out, _ = shell("start", "tensor", "--json")
    assert status == 2
    assert "No such option" in json.loads(out)["error"]["message"]
    assert "Did you mean tensors?" in shell("start", "tensor")[2]
    assert "See `drill list`." in shell("start", "xyz")[2]


def test_doctor_tells_what_is_there(shell: Shell, tools: Tools) -> None:
    tools.environ = {**tools.environ, "EDITOR": "vim", "TERM": "xterm"}
    tools.installed = lambda module: module == "matplotlib"
    status, out, _ = shell("doctor", "--json")
    report = json.loads(out)
    assert (status, report["format"], report["drill"]) == (0, 1, __version__)
    assert report["packages"]["torch"] and report["gpu"] is None
    assert report["sandbox"] == [["landlock", "active"]]
    assert report["extras"]["plot"] == {
        "installed": True,
        "command": "pip install 'drill-gym[plot]'",
    }
    assert not report["extras"]["hf"]["installed"]
    assert (report["editor"], report["terminal"]["colour"]) == ("vim", True)
    state = report["folders"]["state"]
    assert state == {"path": str(tools.state), "exists": False, "writable": True}
    assert "hf is missing: pip install 'drill-gym[hf]'" in shell("doctor")[1]


def test_doctor_survives_a_broken_grader(shell: Shell, tools: Tools) -> None:
    def broken() -> Any:
        raise GraderError("No torch.", code="zygote")

    tools.service = broken
    status, out, _ = shell("doctor")
    assert status == 0 and "grader: it can't start: No torch." in out


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (["lst"], "No such command 'lst'.", "Did you mean 'list'?"),
        (["xyz"], "No such command 'xyz'.", "See `drill --help`."),
        (["list", "--topc", "x"], "No such option: --topc.", "Did you mean --topic?"),
        (["check"], "Missing argument 'ID'.", "See `drill check --help`."),
        (["check", "softmx"], "There is no drill 'softmx'.", "Did you mean softmax?"),
        (["list", "--topic", "tensor"], "There is no topic 'tensor'.", "Did you mean tensors?"),
        (["dev"], "Missing command.", "See `drill dev --help`."),
        (
            ["list", "--level", "simple"],
            "Invalid value for --level: 'simple' must be one of: easy, medium, hard.",
            "See `drill list --help`.",
        ),
    ],
)
def test_a_wrong_call_is_a_sentence_and_a_remedy(
    shell: Shell, arguments: list[str], message: str, remedy: str
) -> None:
    assert shell(*arguments) == (2, "", f"drill: {message}\n{remedy}\n")
    status, out, err = shell(*arguments, "--json")
    error = json.loads(out)["error"]
    assert (status, err) == (2, "")
    if "No such" not in error["message"] or "--json" not in error["message"]:
        assert (error["message"], error["remedy"]) == (message, remedy)


def test_a_bug_is_said_and_its_traceback_kept(shell: Shell, tools: Tools, service: Any) -> None:
    def fail(job: Any) -> Verdict:
        raise ZeroDivisionError("oops")

    service.judge = fail
    write(tools, RIGHT)
    status, out, err = shell("check", "softmax")
    assert (status, out) == (2, "")
    assert err.startswith("drill: This is a bug in drill: ZeroDivisionError: oops\n")
    assert "Traceback" not in err
    assert "ZeroDivisionError: oops" in (tools.state / "errors.log").read_text()
    document = json.loads(shell("check", "softmax", "--json")[1])
    assert document["error"]["code"] == "bug"


def test_a_bug_without_a_state_folder_is_shown(
    shell: Shell, tools: Tools, service: Any, tmp_path: Path
) -> None:
    write(tools, RIGHT)
    (tmp_path / "file").write_text("")
    tools.environ = {**tools.environ, "DRILL_HOME": str(tmp_path / "file" / "state")}
    tools.service = lambda: 1 // 0  # type: ignore[assignment, return-value]
    assert "Traceback" in shell("check", "softmax")[2]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, EOFError])
def test_an_interrupt_is_quiet(
    shell: Shell, tools: Tools, service: Any, fault: type[BaseException]
) -> None:
    def stop(job: Any) -> Verdict:
        raise fault

    service.judge = stop
    write(tools, RIGHT)
    status, out, err = shell("check", "softmax")
    assert (status, out, err.strip()) == (130, "", "")


def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -c 'from drill.cli.app import main; main()' list | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_version(shell: Shell) -> None:
    assert shell("--version") == (0, f"drill {__version__}\n", "")


def test_every_command_and_option_has_help() -> None:
    from typer.main import get_command

    def walk(command: Any) -> None:
        assert command.help, command.name
        for param in command.params:
            assert param.help, (command.name, param.name)
        for inner in getattr(command, "commands", {}).values():
            walk(inner)

    walk(get_command(commands.build()))


def test_help_names_the_commands(shell: Shell) -> None:
    status, out, _ = shell("--help")
    assert status == 0
    for name in ("start", "list", "show", "check", "grade", "hint", "solution", "doctor", "dev"):
        assert name in out
    assert "--install-completion" in out


def test_an_extra_needs_all_its_modules() -> None:
    assert not extras.has("onnx", lambda module: module != "onnxruntime")
    assert extras.has("onnx", lambda module: True)
    assert installed("json") and not installed("no_such_module") and not installed("no.such")
    assert gpu_here() in (True, False)


def test_the_state_folder_is_the_platforms() -> None:
    assert Tools(environ={}).state.name == "drill"
    assert Tools(environ={"DRILL_HOME": "~/x"}).state == Path.home() / "x"


def test_errors_have_their_status() -> None:
    assert DrillError("x", code="y").exit_status == 2


def test_dev_new_writes_a_drill_that_loads(shell: Shell, tools: Tools, content: Path) -> None:
    (content / "pyproject.toml").write_text("")
    status, out, err = shell("dev", "new", "kv-cache/paged_cache")
    names = [str(Path(line).relative_to(content)) for line in out.splitlines()]
    assert status == 0
    assert names == [
        "drills/kv-cache/paged_cache/drill.yaml",
        "drills/kv-cache/paged_cache/statement.md",
        "drills/kv-cache/paged_cache/stub.py",
        "drills/kv-cache/paged_cache/checks.py",
        "reference/kv-cache/paged_cache/solution.py",
        "reference/kv-cache/paged_cache/mistakes.yaml",
        "reference/kv-cache/paged_cache/right/rows.py",
        "reference/kv-cache/paged_cache/right/contraction.py",
    ]
    drill = replace(tools).catalog.find("paged_cache")
    assert (drill.title, drill.topic) == ("Paged cache", "kv-cache")
    assert drill.details.must
    texts = [path.read_text() for path in (drill.solution_path, drill.checks_path, *drill.rights())]
    assert all("paged_cache(" in text for text in (*texts, drill.stub, drill.statement))
    assert all(mistake.source(texts[0]) for mistake in drill.mistakes())
    assert "drill dev verify paged_cache" in err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("softmax", "'softmax' is not TOPIC/ID."),
        ("tensors/Soft-Max", "is not TOPIC/ID."),
        ("cards/fine", "is not TOPIC/ID."),
        ("training/softmax", "The id 'softmax' is taken: "),
    ],
)
def test_dev_new_refuses_bad_names(shell: Shell, content: Path, name: str, message: str) -> None:
    (content / "pyproject.toml").write_text("")
    status, _, err = shell("dev", "new", name)
    assert status == 2 and message in err


def test_dev_new_needs_a_checkout(shell: Shell) -> None:
    status, _, err = shell("dev", "new", "tensors/fresh")
    assert status == 2
    assert "New drills are written into a checkout" in err and "pip install -e ." in err


def test_dev_verify_prints_the_findings(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    from drill.grader import contract

    def verify(drill: Any, service: Any, tell: Any = None) -> list[contract.Finding]:
        if tell:
            tell("reference")
        if drill.id == "softmax":
            return [contract.Finding("error", "A hint is empty.")]
        if drill.id == "einsum":
            return [contract.Finding("warning", "It is slow.")]
        return []

    monkeypatch.setattr(contract, "verify", verify)
    status, out, err = shell("dev", "verify")
    assert (status, out) == (1, snapshot)
    assert "drill: softmax: reference\n" in err
    status, out, err = shell("dev", "verify", "einsum", "--json")
    finding = {"severity": "warning", "message": "It is slow."}
    assert (status, err) == (0, "")
    assert json.loads(out)["drills"] == [{"drill": "einsum", "findings": [finding]}]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (None, "a device file, but no nvidia-smi"),
        ("echo 'NVIDIA H200, 143771 MiB, 570.1'; echo 'B200, 1, 2'", "NVIDIA H200, 143771 MiB"),
        ("exit 9", "nvidia-smi failed: "),
    ],
)
def test_doctor_asks_the_driver(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, found: str
) -> None:
    tools.gpu = lambda: True
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    if script:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    else:
        monkeypatch.setattr(doctor, "which", lambda name: None)
    assert (doctor.gpu(tools) or "").startswith(found)


def test_doctor_names_what_is_not_installed() -> None:
    assert doctor.version("no-such-package") is None
