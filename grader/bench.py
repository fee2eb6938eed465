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
MOST = 12  # drills that stand for all
RUNS = 5  # measurements of a drill's speed
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


def sample(drills: Sequence[Drill], most: int = MOST) -> list[Drill]:
    """Some of the drills, from all over the catalogue."""
    step = max(1, len(drills) // most)
    return list(drills[::step])


def gradings(drills: Sequence[Drill]) -> None:
    """Print how long listing and grading take."""
    torch = seconds(command(sys.executable, "-c", "import torch"))
    rich = seconds(command(sys.executable, "-c", "import typer, rich"))
    row("import torch, seconds", torch)
    listing = seconds(command(*DRILL, "list"))
    row("drill list cold / import typer, rich", listing / rich, 2)
    colds, warms = [], []
    with Service() as service:
        for drill in drills:
            colds.append(cold(drill) / torch)
            row(f"  {drill.id}: cold check / import torch", colds[-1])
            warms.append(warm(drill, service) / torch)
            row(f"  {drill.id}: save to verdict / import torch", warms[-1])
        extra = hanging(drills[0], service)
    row("cold check, median", statistics.median(colds), 1.6)
    row("save to verdict, median", statistics.median(warms), 0.5)
    row("a hang, seconds beyond its limit", extra, 1)


def speeds(drills: Sequence[Drill], runs: int = RUNS) -> None:
    """Print what the reference and a submission that does everything twice measure."""
    with Service() as service:
        for drill in drills:
            source = drill.best_solution_path.read_text(encoding="utf-8")
            for what, text in (("itself", source), ("twice", source + twice(drill))):
                found = [service.grade(Job(drill, text, speed=True)).speed for _ in range(runs)]
                ratios = [one["ratio"] for one in found if one and one["ratio"] is not None]
                row(f"  {drill.id}: {what}, share of runs with a ratio", len(ratios) / runs)
                if len(ratios) > 1:
                    mean = statistics.mean(ratios)
                    row(f"  {drill.id}: {what}, mean ratio", mean)
                    row("    coefficient of variation, %", 100 * statistics.stdev(ratios) / mean, 3)


def twice(drill: Drill) -> str:
    """Code behind a solution that makes its functions and layers work twice."""
    lines = ["", "def _twice(f):", "    return lambda *a, **k: (f(*a, **k), f(*a, **k))[1]"]
    for node in ast.parse(drill.stub).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            lines.append(f"{node.name} = _twice({node.name})")
        elif isinstance(node, ast.ClassDef):
            lines.append(f"{node.name}.forward = _twice({node.name}.forward)")
    return "\n".join(lines) + "\n"


def main(words: Sequence[str]) -> None:
    """Print the table for the drills that are named, for `--all`, or for some of them.

    With `--speed` it is about the measure of speed, on a machine that has nothing else to do.
    """
    catalog = Catalog.load()
    names = [word for word in words if not word.startswith("--")]
    drills: Sequence[Drill] = [catalog.find(name) for name in names] or catalog.drills
    if "--speed" in words:
        timed = [drill for drill in drills if "@timed(" in drill.checks_text]
        speeds(timed if names else sample(timed, 5))
    else:
        gradings(drills if names or "--all" in words else sample(drills))


if __name__ == "__main__":
    main(sys.argv[1:])
