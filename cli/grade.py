"""`drill grade`: a folder of submissions, a verdict each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated, Any

import typer

from drill.cli.check import lacking
from drill.cli.listing import count
from drill.cli.options import AsJson, Seed
from drill.cli.tools import Grader, Tools
from drill.grader.catalog import Catalog, Drill
from drill.grader.errors import DrillError, UsageError
from drill.grader.verdict import CheckResult, Verdict


@dataclass(frozen=True)
class Outcome:
    """A file and what came of it: a verdict, or the error that kept it from one."""

    file: Path
    verdict: Verdict | None = None
    fault: DrillError | None = None

    def to_json(self) -> dict[str, Any]:
        """The verdict's document, or the error's with the file."""
        if self.verdict:
            return self.verdict.to_json()
        assert self.fault is not None
        return {**self.fault.to_json(), "file": str(self.file)}


def grade(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Holds **/ID.py, or ID/*.py.", metavar="FOLDER")],
    jobs: Annotated[int, typer.Option(min=1, help="Grade so many at the same time.")] = 1,
    as_json: AsJson = False,
    seed: Seed = 0,
) -> int:
    """Grade every submission in a folder: 0 if all passed, else 1."""
    tools: Tools = ctx.obj
    work = find(tools, folder)
    outcomes = []
    for outcome in run(tools, work, min(jobs, len(work)), seed):
        outcomes.append(outcome)
        if as_json:
            tools.print_json(outcome.to_json())
        else:
            _print_line(outcome, folder)
    if not as_json:
        _print_summary(outcomes)
    return _status(outcomes)


def find(tools: Tools, folder: Path) -> list[tuple[Drill, Path]]:
    """The submissions in a folder with their drills; UsageError if there are none.

    The name of a folder inside tells the drill, else the file's own, else that of `folder`.
    """
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", code="no-folder")
    found = []
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder)
        if any(part.startswith((".", "__")) for part in inner.parts):
            continue
        drill = _drill_of(tools.catalog, (inner.parent.name, path.stem, folder.absolute().name))
        if drill:
            found.append((drill, path))
        else:
            tools.warn(f"{path} is skipped: no drill has its folder's name or its own.")
    if not found:
        raise UsageError(
            f"There is nothing to grade in {folder}.",
            code="nothing-to-grade",
            remedy="Name the files ID.py, or put them into folders named ID.",
        )
    return found


def _drill_of(catalog: Catalog, names: Sequence[str]) -> Drill | None:
    return next((catalog.find(name) for name in names if name in catalog.ids), None)


def run(
    tools: Tools, work: Sequence[tuple[Drill, Path]], jobs: int, seed: int
) -> Iterator[Outcome]:
    """Grade in `jobs` threads, each with a service of its own; outcomes come in order."""
    with ExitStack() as stack:
        services = [stack.enter_context(tools.service()) for _ in range(jobs)]
        idle: SimpleQueue[Grader] = SimpleQueue()
        for service in services:
            stack.enter_context(service.keeping())
            idle.put(service)

        def one(item: tuple[Drill, Path]) -> Outcome:
            service = idle.get()
            try:
                return _grade_one(tools, service, *item, seed)
            finally:
                idle.put(service)

        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        try:
            yield from pool.map(one, work)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for service in services:
                service.cancel()
            raise


def _grade_one(tools: Tools, service: Grader, drill: Drill, path: Path, seed: int) -> Outcome:
    if skipped := lacking(tools, drill, str(path)):
        return Outcome(path, skipped)
    try:
        job = tools.job_for(drill, path, seed)
    except UsageError as fault:
        return Outcome(path, _unreadable(drill, path, fault))
    try:
        return Outcome(path, service.grade(job))
    except DrillError as fault:
        return Outcome(path, fault=fault)


def _unreadable(drill: Drill, path: Path, fault: UsageError) -> Verdict:
    claim = "The file can be read."
    check = CheckResult("readable", claim, "failed", complaint=fault.message)
    return Verdict(drill.id, "error", checks=[check], file=str(path))


def _word(outcome: Outcome) -> str:
    return outcome.verdict.status if outcome.verdict else "not graded"


def _print_line(outcome: Outcome, folder: Path) -> None:
    line = f"{_word(outcome):10}  {outcome.file.relative_to(folder)}"
    if outcome.fault:
        line += f"  {outcome.fault.message}"
    elif outcome.verdict and outcome.verdict.failure:
        line += f"  {outcome.verdict.failure.name}"
    print(line, flush=True)


def _print_summary(outcomes: Sequence[Outcome]) -> None:
    counts = Counter(_word(outcome) for outcome in outcomes)
    words = ", ".join(f"{times} {word}" for word, times in counts.most_common())
    print(f"\n{count(len(outcomes), 'submission')}: {words}")


def _status(outcomes: Sequence[Outcome]) -> int:
    if any(outcome.fault for outcome in outcomes):
        return 2
    return (
        0
        if all(outcome.verdict.status == "passed" for outcome in outcomes if outcome.verdict)
        else 1
    )
