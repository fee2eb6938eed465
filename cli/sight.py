"""What a session has to show of one drill, and the frame that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.text import Text

from drill.cli import render, texts, views
from drill.cli.events import Checking, Question
from drill.cli.listing import coloured, drill_lines
from drill.cli.progress import is_done
from drill.cli.screen import Frame
from drill.cli.tools import Tools
from drill.cli.workspace import text_of
from drill.grader.catalog import Drill, read_text
from drill.grader.errors import DrillError
from drill.grader.verdict import Verdict


@dataclass
class Sight:
    """One drill on the screen.

    `page` is the key whose page covers the verdict, if one does. `note` takes the place of the
    advice what to do next; `aside` stands above it until there is a verdict.
    """

    tools: Tools
    drill: Drill
    scope: Sequence[Drill]
    begun: bool
    aside: str = ""
    note: str = ""
    page: str = ""
    running: bool = False
    progress: Checking | None = None
    verdict: Verdict | None = None
    fault: DrillError | None = None
    hint: RenderableType | None = None
    hint_is_new: bool = False
    question: Question | None = None
    query: str | None = None  # what is searched for in the list, while it is being typed
    done: bool = field(init=False)

    def __post_init__(self) -> None:
        self.done = is_done(self.tools, self.drill)

    def found(self, verdict: Verdict | None, fault: DrillError | None) -> None:
        """Take what a grading ended with."""
        self.verdict, self.fault = verdict, fault
        self.question, self.query, self.page, self.note = None, None, "", ""
        self.running = self.hint_is_new = False
        self.done = is_done(self.tools, self.drill)

    def names(self) -> dict[str, str]:
        """What the keys that are valid now are called."""
        failure = self.verdict.failure if self.verdict else None
        passed = self.verdict is not None and self.verdict.status == "passed"
        valid = {
            "r": ("run", True),
            "n": ("next", self.done),
            "s": ("solution", self.done),
            "h": ("hint", not passed),
            "f": ("case", failure is not None and failure.code != ""),
            "e": ("editor", True),
            "l": ("list", True),
            "/": ("search", self.page == "l"),
            "b": ("speed", passed),
            "x": ("reset", True),
            "\n": ("statement", self.verdict is not None or self.fault is not None),
            "q": ("quit", True),
        }
        names = {key: name for key, (name, now) in valid.items() if now or key == self.page}
        return names | ({self.page: "back"} if self.page else {})

    def frame(self) -> Frame:
        """All of it."""
        path = self.tools.workspace.path(self.drill)
        head = views.head(self.drill, path, self.tools)
        return Frame(head, self.state(), self._body(), self.foot(), self.keys())

    def state(self) -> RenderableType:
        """The line below the head: what is being checked, or what was found."""
        if self.running:
            return views.checking(self.progress, self.verdict is None)
        if self.fault:
            return Text("it can't be graded", render.STYLES["error"])
        return views.outcome(self.drill, self.verdict)

    def foot(self) -> RenderableType:
        """The line above the keys: a note, or what to do next."""
        if self.question:
            return Text(self.question.text, "bold")
        if self.query is not None:
            return Text(f"Search: {texts.harmless(self.query)}_", "bold")
        if self.note:
            return Text(texts.harmless(self.note), "bold")
        begun, editor = self.begun or self.fault is not None, bool(self.tools.editor)
        advice = Text(views.advice(self.verdict, begun, editor))
        if self.aside and self.verdict is None:
            return Group(Text(texts.harmless(self.aside), "bold"), advice)
        return advice

    def keys(self) -> RenderableType:
        """The last line: the keys that are valid now."""
        if self.query is not None:
            first = {"\n": f"open {self.found_drills()[0].id}"} if self.found_drills() else {}
            return views.Keys({**first, "Esc": "end the search"})
        return views.Keys({"y": "yes", "n": "no"} if self.question else self.names())

    def found_drills(self) -> list[Drill]:
        """The drills that the query names, by id, title, topic or level; best first."""
        words = (self.query or "").lower().split()
        rows = [
            (drill, f"{drill.id} {drill.title} {drill.topic} {drill.level}".lower())
            for drill in self.tools.catalog.drills
        ]
        found = [drill for drill, text in rows if all(word in text for word in words)]
        return sorted(found, key=lambda drill: not drill.id.startswith((self.query or "").lower()))

    def _body(self) -> RenderableType:
        if self.page:
            return self._page()
        main = self._main()
        if self.hint is None:
            return main
        parts = (self.hint, "", main) if self.hint_is_new else (main, "", self.hint)
        return Group(*parts)

    def _main(self) -> RenderableType:
        if self.fault:
            return views.problem(self.fault)
        if self.verdict:
            return views.findings(self.verdict)
        return texts.markdown(self.drill.body)

    def _page(self) -> RenderableType:
        if self.page == "s":
            own = render.without_statement(text_of(self.tools.workspace.path(self.drill)))
            answer = read_text(self.drill.best_solution_path)
            return render.solution(answer, self.drill.followups, own, self.tools.out.width)
        if self.page == "l":
            width = self.tools.out.width
            drills = self.scope if self.query is None else self.found_drills()
            drills = sorted(drills, key=lambda drill: drill.topic)
            rows = drill_lines(drills, self.tools.statuses, width, coloured(), self.tools.due)
            return Text.from_ansi("\n".join(rows))
        if self.page == "f" and self.verdict and self.verdict.failure:
            return views.program(self.verdict.failure)
        return texts.markdown(self.drill.body)
