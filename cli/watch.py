"""The session that `drill start` opens: every save is graded, keys do the rest."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.console import RenderableType

from drill.cli import editor, events, render, texts, views
from drill.cli.answers import next_hint
from drill.cli.browse import suggest
from drill.cli.check import record
from drill.cli.events import Background, Graded, Inbox, Question, in_thread
from drill.cli.review import prepare, restart
from drill.cli.saves import Saves
from drill.cli.screen import Display
from drill.cli.sight import Sight
from drill.cli.tools import Grader, Tools
from drill.grader.catalog import Drill
from drill.grader.errors import DrillError

# How often to look at the file's time in folders that send no events (NFS, WSL, containers).
LOOK_EVERY = 1.0

SCROLLING = ("up", "down", "page up", "page down", " ")

# Keys that turn to a page, and back.
PAGES = ("s", "f", "l", "\n")


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
        self.inbox = inbox
        self.scope = scope
        self.saves = Saves(tools, service, inbox, background)
        self.display = Display(tools.out)
        self._missing = False
        self._done = False
        self._acts: dict[str, Callable[[], None]] = {
            "r": self.grade,
            "n": self._next,
            "h": self._ask_hint,
            "e": self._editor,
            "b": lambda: self.grade(speed=True),
            "x": self._ask_reset,
            "/": self._begin_search,
            **{page: partial(self._show, page) for page in PAGES},
        }

    def run(self, drill: Drill, aside: str = "") -> None:
        """Open a drill and handle events until the learner quits."""
        try:
            with self.display:
                self.open(drill, aside)
                while not self._done:
                    self.handle(self.inbox.next(LOOK_EVERY))
        finally:
            self.saves.drop()

    @property
    def drill(self) -> Drill:
        """The drill on the screen."""
        return self.sight.drill

    def open(self, drill: Drill, aside: str = "", review: bool = False) -> None:
        """Turn to a drill: write its start file if needed, show what the interviewer says."""
        aside = " ".join(filter(None, (aside, prepare(drill, self.tools, review))))
        begun = not self.tools.workspace.untouched(drill)
        self.sight = Sight(self.tools, drill, self.scope, begun, aside)
        self.saves.open(drill)
        self._missing = False
        self.draw()
        if begun:
            self.grade()

    def handle(self, event: object) -> None:
        """React to a key, a save, the end of a grading, or to nothing for a while (None)."""
        self.saves.insist()
        if isinstance(event, events.Key):
            self._key(event.char)
        elif isinstance(event, Graded):
            self._graded(event)
        elif isinstance(event, events.Checking):
            self._checking(event)
        elif isinstance(event, events.Resized):
            self.display.resize()
        elif isinstance(event, events.Suspended):
            with self._away():
                self.inbox.suspend()
        elif isinstance(event, events.Said):
            self.say(event.line.removeprefix("drill: "))
        else:
            self._look(idle=event is None)

    def _look(self, idle: bool) -> None:
        if self.saves.changed():
            self._missing, self.sight.begun = False, True
            self.grade()
        elif idle and self.saves.gone and not self._missing:  # Not just about to be renamed.
            self._missing = True
            self.say("Your file is gone. Save it again, or press x for the start file.")

    def grade(self, speed: bool = False) -> None:
        """Grade the file; a grading that still runs is overtaken."""
        try:
            self.saves.grade(speed)
        except DrillError as fault:
            self.sight.found(None, fault)
            self.draw()
        else:
            self.sight.running, self.sight.progress, self.sight.note = True, None, ""
            self._around()

    def _checking(self, event: events.Checking) -> None:
        if self.saves.wanted:
            self.sight.progress = event
            self._around()

    def _graded(self, event: Graded) -> None:
        if self.saves.overtaken():
            self.grade()
            return
        if not self.saves.finished():
            return
        if event.verdict:
            record(self.tools, event.verdict, event.source, self.saves.path)
        elif event.fault and not isinstance(event.fault, DrillError):
            raise event.fault
        fault = event.fault if isinstance(event.fault, DrillError) else None
        self.sight.found(event.verdict, fault)
        self.draw()

    def _key(self, char: str) -> None:
        if self.sight.query is not None and char:
            self._search(char)
        elif char == "" or (char == "q" and not self.sight.question):
            self._done = True
        elif self.sight.question:
            self._answer(self.sight.question, char)
        elif char in SCROLLING:
            self.display.scroll(char)
        elif char == "escape":
            self._show(self.sight.page)
        elif char in self.sight.names() or char == "/":
            self._do(self._acts[char])
        elif char in views.REFUSALS:
            self.say(views.REFUSALS[char].format(self.drill.id))

    def _answer(self, question: Question, char: str) -> None:
        self.sight.question = None
        if char in ("y", "Y"):
            self._do(question.yes)
        else:
            self.say("Left as it was.")

    def _do(self, act: Callable[[], None]) -> None:
        """What a key asks for; what goes wrong is said, and the session goes on."""
        try:
            act()
        except DrillError as fault:
            self.say(views.sentence(fault))

    def draw(self) -> None:
        """Show the whole screen anew."""
        self.display.show(self.sight.frame())

    def _around(self) -> None:
        """Show what stands around the body anew."""
        sight = self.sight
        self.display.change(sight.state(), sight.foot(), sight.keys())

    def say(self, note: str) -> None:
        """Say a sentence above the keys, until something else is to be said."""
        self.sight.note = note
        self._around()

    def _show(self, page: str) -> None:
        """Turn to a page, or back from it to the verdict."""
        self.sight.page = "" if page == self.sight.page else page
        self.sight.note = ""
        self.draw()

    def _begin_search(self) -> None:
        self.sight.page, self.sight.query, self.sight.note = "l", "", ""
        self.draw()

    def _search(self, char: str) -> None:
        """A key while something is searched for."""
        query, found = self.sight.query or "", self.sight.found_drills()
        if char == "escape" or (char == "\n" and not found):
            self.sight.query = None
            self.draw()
        elif char == "\n":
            self.open(found[0])
        elif char in SCROLLING[:4]:
            self.display.scroll(char)
        else:
            self.sight.query = query[:-1] if char == "backspace" else query + char
            self.draw()

    def _next(self) -> None:
        aside = ""
        following = suggest(self.scope, self.tools)
        if following is None:
            self.scope = self.tools.catalog.drills
            aside = "Every drill you asked for is passed: this is the next of all."
            following = suggest(self.scope, self.tools)
        if following:
            self.open(following, aside, review=True)
        else:
            self.say("Nothing is left to do: you passed every drill that runs here.")

    def _ask_hint(self) -> None:
        shown = self.tools.store.hints_shown(self.drill.id)
        if self.sight.hint and not self.sight.hint_is_new:  # It stands below a newer verdict.
            self._show_hint(self.sight.hint)
        elif shown == len(self.drill.hints) - 1:
            self._ask("The last hint is nearly the answer. Show it?", self._next_hint)
        else:
            self._next_hint()

    def _next_hint(self) -> None:
        level, text = next_hint(self.tools, self.drill)
        self._show_hint(render.hint(text, level, len(self.drill.hints)))

    def _show_hint(self, hint: RenderableType) -> None:
        self.sight.hint, self.sight.hint_is_new = hint, True
        self.sight.page = self.sight.note = ""
        self.draw()

    def _ask(self, text: str, yes: Callable[[], None]) -> None:
        self.sight.question = Question(text, yes)
        self._around()

    def _ask_reset(self) -> None:
        self._ask("Start anew? A copy of your file is kept.", self._reset)

    def _reset(self) -> None:
        self.saves.drop()
        kept = restart(self.drill, self.tools)
        self.saves.settle()
        copy = f" Yours is kept: {texts.link(kept).plain}" if kept else ""
        aside = f"The start file is back.{copy}"
        self.sight = Sight(self.tools, self.drill, self.scope, begun=False, aside=aside)
        self.draw()

    def _editor(self) -> None:
        note = editor.edit_failure(
            self.tools.editor,
            self.saves.path,
            self.sight.verdict,
            self._away,
            lambda line: self.inbox.post(events.Said(line)),
        )
        self.say(note)

    @contextmanager
    def _away(self) -> Iterator[None]:
        """The terminal as it was, for another program."""
        with self.display.paused(), self.inbox.paused():
            yield
