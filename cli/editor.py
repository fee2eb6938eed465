"""The learner's editor: in the terminal it gets the screen, in a window it runs beside it."""

import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from drill.cli.workspace import text_of
from drill.grader.verdict import Verdict

UNSET = "No editor is set: set DRILL_EDITOR, VISUAL or EDITOR, or open the file above yourself."

# Editors with a window of their own: `code --wait` must not keep the session waiting.
WINDOWED = frozenset(
    "code code-insiders codium cursor windsurf subl zed gvim mvim gedit kate mate xed pycharm charm"
    " idea fleet open xdg-open".split()
)


# How editors are told a line, by the editor's name; {} are the path and the line.
AT_LINE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("code", "code-insiders", "codium", "cursor", "windsurf"), ("-g", "{0}:{1}")),
    **dict.fromkeys(("subl", "zed", "hx", "helix"), ("{0}:{1}",)),
    **dict.fromkeys(
        "vi vim nvim gvim mvim nano emacs emacsclient micro kak gedit".split(), ("+{1}", "{0}")
    ),
    **dict.fromkeys(("kate", "mate"), ("-l", "{1}", "{0}")),
    **dict.fromkeys(("pycharm", "charm", "idea"), ("--line", "{1}", "{0}")),
}


def edit(
    command: str,
    path: Path,
    hand_over: Callable[[], AbstractContextManager[object]],
    tell: Callable[[str], None],
    line: int = 0,
) -> str:
    """Open a file in an editor, at a line if there is one and the editor can be told.

    Returns what the learner must know, if anything.

    `hand_over` gives the terminal away; `tell` hears later of a window that couldn't be opened.
    """
    try:
        words = [*shlex.split(command)]
        words += _place(words, path, line)
    except ValueError as fault:
        return f"The editor {command!r} can't be started: {fault}. Set DRILL_EDITOR anew."
    if len(words) == 1:
        return UNSET
    try:
        if Path(words[0]).name in WINDOWED:
            _beside(words, command, tell)
            return f"Opened in {Path(words[0]).name}."
        with hand_over(), _deaf():
            return _end(command, subprocess.call(words))
    except OSError as fault:
        reason = fault.strerror or fault
        return f"The editor {command!r} can't be started: {reason}. Set DRILL_EDITOR anew."


def edit_failure(
    command: str,
    path: Path,
    verdict: Verdict | None,
    hand_over: Callable[[], AbstractContextManager[object]],
    tell: Callable[[str], None],
) -> str:
    """Open a learner's file where it failed; returns what they must know, if anything."""
    return edit(command, path, hand_over, tell, failing_line(text_of(path), verdict))


def _place(words: Sequence[str], path: Path, line: int) -> list[str]:
    forms = AT_LINE.get(Path(words[0]).name, ()) if words and line else ()
    return [form.format(path, line) for form in forms] or [str(path)]


def failing_line(text: str, verdict: Verdict | None) -> int:
    """The line to look at: where the failing check raised, else the first definition; 0 if none."""
    failure = verdict.failure if verdict else None
    said = f"{failure.complaint} {failure.got}" if failure else ""
    if found := re.search(r"\(line (\d+)|[Ll]ine (\d+)", said):
        return int(found[1] or found[2])
    defined = re.search(r"^(?:@|async def |def |class )", text, re.MULTILINE)
    return text.count("\n", 0, defined.start()) + 1 if defined else 0


def _end(command: str, status: int) -> str:
    return f"The editor {command!r} ended with status {status}." if status else ""


def _beside(words: list[str], command: str, tell: Callable[[str], None]) -> None:
    from threading import Thread

    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def wait() -> None:
        if sentence := _end(command, process.wait()):
            tell(sentence)

    Thread(target=wait, name="drill-editor", daemon=True).start()


@contextmanager
def _deaf() -> Iterator[None]:
    """Leave Ctrl-C and Ctrl-backslash to the editor (Emacs has its own use for them).

    Ctrl-Z stops both, as the shell expects of all that it started.
    """
    actions: dict[signal.Signals, Any] = {
        signal.SIGINT: _ignore,
        signal.SIGQUIT: _ignore,
        signal.SIGTSTP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, action) for number, action in actions.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, frame: object) -> None:
    """A handler, and not SIG_IGN: the editor would inherit that."""
