"""The grader as the command sees it: a zygote in the background, jobs in, verdicts out.

Imports no torch: the command stays quick, and the learner can read while the zygote warms up.
"""

import ast
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drill.grader import errors
from drill.grader.catalog import Drill
from drill.grader.channel import Closed
from drill.grader.errors import GraderError, UsageError
from drill.grader.launcher import (
    ForkLauncher,
    FreshLauncher,
    Launcher,
    Process,
    environment,
    interpreter,
)
from drill.grader.verdict import Verdict
from drill.grader.zygote import receive_request

LARGEST_SOURCE = 1 << 20
MOST_SIBLINGS = 16

Progress = Callable[[str, int, int], None]


class Cancelled(Exception):
    """The grading was overtaken by `cancel`."""


@dataclass(frozen=True)
class Job:
    """What is to be graded: a drill, and the text of a submission with its helper files.

    The checks in `always` are run even if one that they depend on failed, and `rehearse` plays the
    timing without measuring it: for authors.
    """

    drill: Drill
    source: str
    file: str = ""
    siblings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    speed: bool = False
    always: tuple[str, ...] = ()
    shrink: bool = True
    diagnose: bool = True
    rehearse: bool = False


def job_for(drill: Drill, path: Path, seed: int = 0, speed: bool = False) -> Job:
    """A job for the file at `path`. Raises UsageError if it can't be read."""
    source = read_source(path)
    return Job(drill, source, str(path), siblings_of(source, path), seed, speed)


def read_source(path: Path) -> str:
    """The text of a learner's file. Raises UsageError with what to do."""
    try:
        if path.stat().st_size > LARGEST_SOURCE:
            raise UsageError(f"{path} is larger than 1 MiB.", code="too-large")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            f"There is no file {path}.", code="no-file", remedy="Check the path."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is not UTF-8 text.", code="not-text", remedy="Save it as UTF-8."
        ) from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.", code="no-file") from None


def siblings_of(source: str, path: Path) -> dict[str, str]:
    """The .py files beside `path` that the text imports by name, and those they import."""
    found: dict[str, str] = {}
    waiting = _imported(source)
    while waiting and len(found) < MOST_SIBLINGS:
        name = waiting.pop()
        file = path.parent / f"{name}.py"
        if f"{name}.py" in found or file == path or not file.is_file():
            continue
        with contextlib.suppress(UsageError):
            found[f"{name}.py"] = read_source(file)
            waiting |= _imported(found[f"{name}.py"])
    return found


def _imported(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level <= 1:
            names |= {node.module.split(".")[0]} if node.module else {a.name for a in node.names}
    return names


def public_names(stub: str) -> tuple[str, ...]:
    """The functions and classes that a stub defines for the learner to fill in."""
    tree = ast.parse(stub)
    kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
    return tuple(
        node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")
    )


def forking() -> bool:
    """Whether this platform can fork a process that has imported torch."""
    return sys.platform == "linux" and os.environ.get("DRILL_FORK", "1") != "0"


class Service:
    """A context manager that owns the zygote; `grade` may be called again and again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="drill-"))
        self._lock = threading.Lock()
        self._judge: Process | None = None
        self._keeping = False
        self._cancelled = False
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = False
        self._closed = False
        self._loaded: set[str] = set()
        self._launcher: Launcher = self._forked() if forking() else FreshLauncher()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forked(self) -> ForkLauncher:
        ours, theirs = socket.socketpair()
        command = interpreter("zygote", f"{theirs.fileno()}, []")
        with open(self._folder / "zygote.log", "wb") as log:
            self._zygote = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._folder,
            )
        theirs.close()
        self._control = ours
        return ForkLauncher(ours)

    def _await_zygote(self) -> None:
        if self._ready or self._control is None:
            return
        try:
            receive_request(self._control)
        except (EOFError, OSError) as error:
            text = (self._folder / "zygote.log").read_text(errors="replace").strip()
            last = text.splitlines()[-1] if text else "no message"
            raise GraderError(
                f"The grader can't start: {last}",
                code="zygote",
                remedy="Run `drill doctor`; a broken torch installation is the usual cause.",
            ) from error
        self._ready = True

    def grade(self, job: Job, progress: Progress | None = None) -> Verdict:
        """Grade a job. Raises DrillError if that is impossible, Cancelled after `cancel`."""
        self._await_zygote()
        scratch = Path(tempfile.mkdtemp(dir=self._folder))
        if job.drill.kernel.exists() and isinstance(self._launcher, ForkLauncher):
            self._preload("triton")
        with self._lock:
            self._cancelled = False
            self._judge = judge = self._judge or self._launcher.spawn("judge")
        keep = False
        try:
            verdict = self._converse(judge, wire_job(job, scratch), progress)
            keep = self._keeping
            return verdict
        finally:
            if not keep:
                self._end_judge()
            shutil.rmtree(scratch, ignore_errors=True)

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Inside, one judge does all gradings; what they share of a drill it does only once."""
        self._keeping = True
        try:
            yield
        finally:
            self._keeping = False
            self._end_judge()

    def _end_judge(self) -> None:
        with self._lock:
            judge, self._judge = self._judge, None
            if judge is not None:
                self._launcher.end(judge)

    def _preload(self, module: str) -> None:
        if module not in self._loaded and isinstance(self._launcher, ForkLauncher):
            self._loaded.add(module)
            self._launcher.load([module])

    def _converse(self, judge: Process, job: dict[str, Any], progress: Progress | None) -> Verdict:
        try:
            judge.channel.send({"op": "job", "job": job})
            while True:
                message, _ = judge.channel.receive()
                if message["op"] == "verdict":
                    return Verdict.from_json(message["verdict"])
                if message["op"] == "progress" and progress is not None:
                    progress(message["check"], message["done"], message["total"])
                elif message["op"] in ("error", "bug"):
                    raise _as_error(message)
        except Closed:
            if self._cancelled:
                raise Cancelled from None
            judge.channel.drain()
            text = judge.channel.printed.decode(errors="replace").strip()[-2000:]
            raise GraderError(f"The judge died. {text}", code="judge") from None

    def cancel(self) -> None:
        """End the running grading, from another thread."""
        with self._lock:
            if self._judge is not None:
                self._cancelled = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._judge.pid, signal.SIGKILL)

    def sandbox(self) -> list[tuple[str, str]]:
        """The sandbox's layers and their state, for `drill doctor`."""
        from drill.grader.sandbox import probe

        return probe()

    def close(self) -> None:
        """End the zygote and everything below it; once is enough."""
        if self._closed:
            return
        self._closed = True
        self._launcher.close()
        if self._zygote is not None:
            if not self._ready:  # Nothing was asked of it yet: no need to wait for its imports.
                self._zygote.kill()
            try:
                self._zygote.wait(5)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def wire_job(job: Job, scratch: Path) -> dict[str, Any]:
    """The job as texts, for a judge that reads no file of the drill's."""
    drill = job.drill
    best = drill.best_solution_path.read_text(encoding="utf-8")
    mistakes = drill.mistakes() if job.diagnose else ()
    return {
        "drill": drill.id,
        "file": job.file,
        "checks": drill.checks_text,
        "reference": drill.solution_path.read_text(encoding="utf-8"),
        "source": job.source,
        "siblings": dict(job.siblings),
        "mistakes": [
            {
                "name": one.name,
                "says": one.says,
                "text": one.source(best),
                "caught_by": list(one.caught_by),
            }
            for one in mistakes
        ],
        "names": list(public_names(drill.stub)),
        "rules": list(drill.forbid),
        "needs": list(drill.needs),
        "kernel": drill.kernel.exists(),
        "seed": job.seed,
        "scratch": str(scratch),
        "always": list(job.always),
        "shrink": job.shrink,
        "speed": job.speed,
        "rehearse": job.rehearse,
    }


def _as_error(message: Mapping[str, Any]) -> errors.DrillError:
    if message["op"] == "bug":
        return GraderError(f"The judge failed:\n{message['text']}", code="judge")
    fault = message["error"]
    kind = getattr(errors, message["kind"], GraderError)
    made: errors.DrillError = kind(fault["message"], code=fault["code"], remedy=fault["remedy"])
    return made
