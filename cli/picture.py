"""`make picture`: the README's screen, drawn by rich from a real verdict.

Grades a well-known mistake and writes the screen a learner would see as SVG.
"""

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from drill.cli import render
from drill.grader.catalog import Catalog
from drill.grader.service import Job, Service
from drill.grader.verdict import Verdict

DRILL, MISTAKE = "scaled_dot_product_attention", "no_scale"
WIDTH = 92


def graded() -> Verdict:
    """The verdict on the mistake, its file named as a learner's would be."""
    drill = Catalog.load().find(DRILL)
    mistake = next(one for one in drill.mistakes() if one.name == MISTAKE)
    source = mistake.source(drill.best_solution_path.read_text(encoding="utf-8"))
    with Service() as service:
        verdict = service.grade(Job(drill, source))
    return replace(verdict, file=str(Path.home() / "drill" / drill.topic / f"{drill.id}.py"))


def main(arguments: Sequence[str]) -> None:
    """Write the picture to the file named."""
    console = Console(
        width=WIDTH, file=io.StringIO(), record=True, force_terminal=True, color_system="truecolor"
    )
    console.print(render.verdict(graded()))
    console.save_svg(arguments[0], title=f"drill check {DRILL}")


if __name__ == "__main__":
    main(sys.argv[1:])
