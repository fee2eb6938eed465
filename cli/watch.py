"""The session that `drill start` opens: every save is graded, keys do the rest."""

import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from drill.cli import render
from drill.cli.answers import next_hint
from drill.cli.browse import suggest
from drill.cli.check import lacking, record
from drill.cli.events import Background, Graded, Inbox, Key, Question, in_thread, signature
from drill.cli.listing import drill_lines
from drill.cli.tools import Grader, Tools
from drill.grader.catalog import Drill, read_text
from drill.grader.errors import DrillError
from drill.grader.verdict import Verdict

# How often to look at the file's time in folders that send no events (NFS, WSL, containers).
LOOK_EVERY = 1.0


class Session:
    """One learner at one drill after the other, until `q`."""

    def __init__(
        self,
        tools: Tools,
        service: Grader,
        inbox: Inbox,
        scope: Sequence[Drill],
        background: Background = in_thread,
    ) -> None:
        self.tools = tools
        self.service = service
        self.inbox = inbox
        self.scope = scope
        self.background = background
        self.verdict: Verdict | None = None
        self.question: Question | None = None
        self._seen: list[object] = []
        self._helpers: tuple[str, ...] = ()
        self._running = False
        self._overtaken = False
        self._dropped = False
        self._done = False

    def run(self, drill: Drill) -> None:
        """Open a drill and handle events until the learner quits."""
        self.open(drill)
        while not self._done:
            self.handle(self.inbox.next(LOOK_EVERY))
        self._drop()

    def open(self, drill: Drill) -> None:
        """Turn to a drill: write its start file if needed, show what the interviewer says."""
        self._drop()
        self.drill, self.verdict = drill, None
        written = self.tools.workspace.write(drill)
        self._helpers = ()
        self._seen = self._signature()
        self.draw(render.statement(drill, self.path))
        if not written and not self.tools.workspace.untouched(drill):
            self.grade()

    @property
    def path(self) -> Path:
        """The learner's file."""
        return self.tools.workspace.path(self.drill)

    def handle(self, event: object) -> None:
        """React to a key, a save, the end of a grading, or to nothing for a while (None)."""
        if isinstance(event, Key):
            self._key(event.char)
        elif isinstance(event, Graded):
            self._graded(event)
        else:
            self._look()

    def _look(self) -> None:
        now = self._signature()
        if now != self._seen and self.path.exists():  # Else an editor is about to rename its own.
            self.grade()

    def _signature(self) -> list[object]:
        """What changes when the file, or one that it imports from beside it, is saved."""
        return [signature(self.path.parent / name) for name in (self.path.name, *self._helpers)]

    def grade(self) -> None:
        """Grade the file; a grading that still runs is overtaken."""
        if self._running:
            self._overtaken = True
            self._seen = self._signature()
            self.service.cancel()
            return
        self._seen = self._signature()  # Before the file is read: a later save counts again.
        try:
            job = self.tools.job_for(self.drill, self.path)
        except DrillError as fault:
            self.draw(problem(fault))
            return
        if skipped := lacking(self.tools, self.drill, str(self.path)):
            self._graded(Graded(job.source, skipped))
            return
        helpers = tuple(job.siblings)
        if helpers != self._helpers:
            self._helpers = helpers
            self._seen = [self._seen[0], *self._signature()[1:]]
        self._running = True
        self.tools.out.print(Text("Checking...", "dim"))
        self.background(lambda: self.inbox.post(self._work(job)))

    def _work(self, job: Any) -> Graded:
        try:
            return Graded(job.source, self.service.grade(job))
        except BaseException as fault:
            return Graded(job.source, fault=fault)

    def _drop(self) -> None:
        """Forget the grading that runs, if one does: its file is no longer on the screen."""
        if self._running:
            self._dropped = True
            self.service.cancel()

    def _graded(self, event: Graded) -> None:
        again, dropped = self._overtaken, self._dropped
        self._running = self._overtaken = self._dropped = False
        if again:
            self.grade()
        elif dropped:
            return
        elif event.verdict:
            self.verdict, self.question = event.verdict, None
            record(self.tools, event.verdict, event.source, self.path)
            self.draw(render.verdict(event.verdict))
        elif isinstance(event.fault, DrillError):
            self.draw(problem(event.fault))
        elif event.fault:
            raise event.fault

    def _key(self, char: str) -> None:
        if self.question:
            question, self.question = self.question, None
            if char in ("y", "Y"):
                question.yes()
            else:
                self.draw(Text("Left as it was."))
            return
        action = self.actions().get(char)
        if char in ("q", ""):
            self._done = True
        elif action:
            action[1]()

    def actions(self) -> dict[str, tuple[str, Callable[[], None]]]:
        """The keys that are valid now: what each is called, and what it does."""
        failure = self.verdict.failure if self.verdict else None
        keys: dict[str, tuple[str, Callable[[], None]]] = {"r": ("run", self.grade)}
        if self.tools.statuses.get(self.drill.id) == "passed":
            keys["n"] = ("next", self._next)
            keys["s"] = ("solution", self._solution)
        if self.verdict is not None and self.verdict.status == "passed":
            keys["b"] = ("speed", lambda: self.draw(Text("Speed is not measured yet.")))
        else:
            keys["h"] = ("hint", self._hint)
        if failure and failure.code:
            keys["f"] = ("failing case", lambda: self.draw(render.case(failure)))
        keys["e"] = ("editor", self._editor)
        keys["l"] = ("list", self._list)
        keys["x"] = ("reset", self._ask_reset)
        return keys

    def draw(self, body: RenderableType) -> None:
        """Show a screen: the body, and on the last line the keys that are valid now."""
        self.tools.out.clear()
        self.tools.say(Group(body, "", self._bottom()))

    def _bottom(self) -> RenderableType:
        if self.question:
            return Text.assemble((self.question.text, "bold"), " y/n")
        names = {**{key: name for key, (name, _) in self.actions().items()}, "q": "quit"}
        return render.keys(names, self.drill.id)

    def _next(self) -> None:
        following = suggest(self.scope, self.tools) or suggest(
            self.tools.catalog.drills, self.tools
        )
        if following:
            self.open(following)
        else:
            self.draw(Text("Nothing is left to do: you passed every drill that runs here."))

    def _hint(self) -> None:
        shown = self.tools.store.hints_shown(self.drill.id)
        if shown == len(self.drill.hints) - 1:
            self.question = Question(
                "The last hint is nearly the answer. Show it?", self._show_hint
            )
            self.draw(Text(""))
        else:
            self._show_hint()

    def _show_hint(self) -> None:
        level, text = next_hint(self.tools, self.drill)
        self.draw(render.hint(text, level, len(self.drill.hints)))

    def _solution(self) -> None:
        text = read_text(self.drill.best_solution_path)
        self.draw(render.solution(text, self.drill.followups))

    def _editor(self) -> None:
        editor = self.tools.editor
        if not editor:
            self.draw(Text("No editor is set: set DRILL_EDITOR, VISUAL or EDITOR."))
            return
        try:
            with self.inbox.paused():
                subprocess.call([*shlex.split(editor), str(self.path)])
        except (OSError, ValueError) as fault:
            self.draw(Text(f"The editor {editor!r} can't be started: {fault}"))

    def _list(self) -> None:
        width = self.tools.out.width
        lines = drill_lines(self.scope, self.tools.statuses, width, colour=True)
        self.draw(Text.from_ansi("\n".join(lines)))

    def _ask_reset(self) -> None:
        text = "Start anew? A copy of your file is kept."
        self.question = Question(text, self._reset)
        self.draw(Text(""))

    def _reset(self) -> None:
        self._drop()
        kept = self.tools.workspace.reset(self.drill)
        self.verdict, self._seen = None, self._signature()
        note = Text("The start file is back.")
        if kept:
            note.append(" Yours is ").append_text(render.link(kept))
        self.draw(note)


def problem(fault: DrillError) -> RenderableType:
    """An error that ends a grading but not the session."""
    return Text("\n".join(line for line in (fault.message, fault.remedy) if line), "red")
