"""`drill report --html`: the report as one page that needs no network."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drill.grader.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS = 60  # of the past that are plotted

# The colours that a plot is drawn in; each becomes a variable of the page, for light and dark.
COLOURS = {"#010101": "var(--ink)", "#020202": "var(--dim)", "#030303": "var(--bar)"}
COLOURS |= {"#040404": "var(--good)", "#050505": "var(--line)"}
INK, DIM, BAR, GOOD, LINE = COLOURS


def page(document: Mapping[str, Any], today: date) -> str:
    """The page of a report's document."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(**document, today=today.isoformat(), plots=list(_plots(document, today)))


def write(path: Path, text: str) -> None:
    """Write the page. Raises UsageError where it can't be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise UsageError(
            f"{path} can't be written: {fault.strerror}.",
            code="unwritable",
            remedy="Name a file in a folder that can be written and has space.",
        ) from fault


def _plots(document: Mapping[str, Any], today: date) -> Iterator[dict[str, str]]:
    """Each plot with its title and what it says, in words."""
    days = [row for row in document["days"] if (today - _day(row["day"])).days < DAYS]
    if days:
        passed = sum(row["passed"] for row in days)
        says = (
            f"Gradings a day over the last {DAYS} days: {sum(row['attempts'] for row in days)} in"
            f" all, with {passed} drills passed for the first time (the lower part, in green)."
        )
        yield {"title": "Practice", "says": says, "svg": _svg(lambda axes: _practice(axes, days))}
    if times := document["times"]:
        quick = sum(row["minutes"] <= row["given"] for row in times)
        says = f"Minutes to a pass against the drill's minutes: {quick} of {len(times)} in time."
        yield {"title": "Time to pass", "says": says, "svg": _svg(lambda axes: _times(axes, times))}
    if due := sum(row["due"] for row in document["forecast"]):
        forecast = document["forecast"]
        says = f"Reviews that fall due in the next {len(forecast)} days: {due}."
        yield {"title": "Reviews", "says": says, "svg": _svg(lambda axes: _due(axes, forecast))}


def _practice(axes: "Axes", days: Sequence[Mapping[str, Any]]) -> None:
    at = [_place(row["day"]) for row in days]
    axes.bar(at, [row["attempts"] for row in days], color=BAR, width=0.8)
    axes.bar(at, [row["passed"] for row in days], color=GOOD, width=0.8)
    axes.set_ylabel("gradings")


def _times(axes: "Axes", times: Sequence[Mapping[str, Any]]) -> None:
    given, took = [row["given"] for row in times], [row["minutes"] for row in times]
    longest = max(*given, *took, 1)
    axes.plot([0, longest], [0, longest], color=LINE)
    axes.scatter(given, took, color=BAR, s=24)
    axes.set_xlabel("minutes given")
    axes.set_ylabel("minutes taken")


def _due(axes: "Axes", forecast: Sequence[Mapping[str, Any]]) -> None:
    at = [_place(row["day"]) for row in forecast]
    axes.bar(at, [row["due"] for row in forecast], color=BAR)
    axes.set_ylabel("reviews")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _place(text: str) -> float:
    """A day's place on an axis."""
    from matplotlib.dates import date2num

    return float(date2num(_day(text)))


def _svg(draw: Callable[["Axes"], None]) -> str:
    """A plot as inline SVG, in the page's colours."""
    from matplotlib import rc_context
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "drill", "font.size": 11}):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        if axes.get_xlabel() == "":
            locator = AutoDateLocator(maxticks=8)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.tick_params(colors=DIM)
        for label in (axes.xaxis.label, axes.yaxis.label, axes.xaxis.get_offset_text()):
            label.set_color(DIM)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(LINE)
        made = io.StringIO()
        figure.savefig(made, format="svg", transparent=True, metadata={"Date": None})
    return _inline(made.getvalue())


def _inline(svg: str) -> str:
    """Without prologue and metadata, and with the page's colours for those of the drawing."""
    text = svg[svg.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: [^;\"]*sans-serif", "font: 11px system-ui, sans-serif", text)
    for drawn, variable in COLOURS.items():
        text = text.replace(drawn, variable)
    return text
