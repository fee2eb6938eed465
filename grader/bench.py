"""`make bench`: how long things take, as ratios within one run on one machine.

| what | unit | budget |
| --- | --- | --- |
| `drill list` cold | `python -c "import typer, rich"` | 2 |
| `drill check` cold, median over drills | `python -c "import torch"` | 1.6 |
| save to verdict, warm, median over drills | `python -c "import torch"` | 0.5 |
| a submission that hangs | seconds beyond its time limit | 1 |
"""

import ast
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from drill.grader.catalog import Catalog, Drill
from drill.grader.service import Job, Service
from drill.grader.sides import FIRST_CALL, LEAST_LIMIT

REPEATS = 5
DRILL = (sys.executable, "-c", "from drill.cli.app import main; main()")


def seconds(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median time of `action` over `repeats` runs after one that does not count."""
    action()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def command(*words: str) -> Callable[[], object]:
    """An action that runs a command and lets its output go."""
    return lambda: subprocess.run(words, capture_output=True, check=False)


def cold(drill: Drill) -> float:
    """`drill check` of the reference in a new process, seconds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{drill.id}.py"
        file.write_text(drill.best_solution_path.read_text(encoding="utf-8"), encoding="utf-8")
        words = (*DRILL, "check", drill.id, str(file), "--json")
        return seconds(command(*words), 3)


def warm(drill: Drill, service: Service) -> float:
    """A grading of the reference by a service that is up, seconds."""
    source = drill.best_solution_path.read_text(encoding="utf-8")
    return seconds(lambda: service.grade(Job(drill, source)), 3)


def hanging(drill: Drill, service: Service) -> float:
    """What a submission that hangs in its first call costs beyond the limit, seconds."""
    lines = ["def _hang(*a, **k):", "    while True: pass"]
    for node in ast.parse(drill.stub).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            lines.append(f"{node.name} = _hang")
    source = "\n".join(lines) + "\n"
    return seconds(lambda: service.grade(Job(drill, source)), 1) - LEAST_LIMIT - FIRST_CALL


def row(what: str, value: float, budget: float | None = None) -> None:
    """Print one line of the table."""
    bound = "" if budget is None else f"  (budget {budget:g})"
    print(f"{what:<52} {value:8.2f}{bound}", flush=True)


def main(names: Sequence[str]) -> None:
    """Print the table for all drills, or those named."""
    catalog = Catalog.load()
    drills = [catalog.find(name) for name in names] or list(catalog.drills)
    torch = seconds(command(sys.executable, "-c", "import torch"))
    rich = seconds(command(sys.executable, "-c", "import typer, rich"))
    row("import torch, seconds", torch)
    listing = seconds(command(*DRILL, "list"))
    row("drill list cold / import typer, rich", listing / rich, 2)
    colds = {drill.id: cold(drill) / torch for drill in drills}
    with Service() as service:
        warms = {drill.id: warm(drill, service) / torch for drill in drills}
        extra = hanging(drills[0], service)
    for drill in drills:
        row(f"  {drill.id}: cold check / import torch", colds[drill.id])
        row(f"  {drill.id}: save to verdict / import torch", warms[drill.id])
    row("cold check, median", statistics.median(colds.values()), 1.6)
    row("save to verdict, median", statistics.median(warms.values()), 0.5)
    row("a hang, seconds beyond its limit", extra, 1)


if __name__ == "__main__":
    main(sys.argv[1:])
