"""Whose code is running: the submission's or the grader's; and the patches that keep it known.

The Python stack answers, from the innermost frame outward: the first frame of a known file decides.
A frame of the submission, `run_for` or a backward pass means *inside*; a frame of the grader or of
the drill's checks means *outside*, so the operations of a counted model that a submission calls are
not the submission's. Where no frame is known, the thread decides: one that the submission started
is inside, the main thread is outside.
"""

import _thread
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch.autograd import graph

CodeKey = tuple[str, str]  # file name and qualified name of a code object

# What a file says about a frame in it.
_UNKNOWN, _OWN, _GRADER, _WATCHED, _METER = range(5)


class Sight(NamedTuple):
    """What the stack says: inside or not, the submission's innermost line, a watched function met
    on the way (the rule it breaks)."""

    inside: bool
    line: int | None
    rule: str | None


def run_for(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call `function` with its frame as the mark of the submission: what it does is inside."""
    return function(*args, **kwargs)


def run_backward(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call autograd's engine with this frame as the mark of a backward pass."""
    return function(*args, **kwargs)


_ENTRANCES = (run_for.__code__, run_backward.__code__)


class Stack:
    """Reads the Python stack. `watched` maps functions to the rule that forbids them."""

    def __init__(
        self,
        own_files: frozenset[str],
        grader_files: Callable[[str], bool],
        watched: Mapping[CodeKey, str],
        meter_files: frozenset[str] = frozenset(),
    ) -> None:
        self._own_files = own_files
        self._grader_files = grader_files
        self._watched = watched
        self._watched_files = {file for file, _ in watched}
        self._meter_files = meter_files | {__file__}
        self._kinds: dict[str, int] = {}

    def look(self, home: bool) -> Sight:
        """Walk outward from the caller; `home` is the answer of a thread without known frames."""
        rule = None
        kinds = self._kinds
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            kind = kinds.get(code.co_filename)
            if kind is None:
                kind = self._classify(code.co_filename)
            if kind == _UNKNOWN:
                pass
            elif kind == _OWN:
                return Sight(True, frame.f_lineno, rule)
            elif kind == _GRADER:
                return Sight(False, None, None)
            elif kind == _WATCHED:
                rule = rule or self._watched.get((code.co_filename, code.co_qualname))
            elif code is _ENTRANCES[0] or code is _ENTRANCES[1]:
                return Sight(True, None, rule)
            frame = frame.f_back
        # The engine's own threads (one a GPU) have no Python frames at all.
        return Sight(home or torch._C._current_graph_task_id() != -1, None, rule)

    def _classify(self, file: str) -> int:
        if file in self._own_files:
            kind = _OWN
        elif file in self._meter_files:
            kind = _METER
        elif file in self._watched_files:
            kind = _WATCHED
        else:
            kind = _GRADER if self._grader_files(file) else _UNKNOWN
        self._kinds[file] = kind
        return kind


class Patches:
    """Attributes replaced for a while."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def put(self, owner: Any, name: str, value: object) -> None:
        """Set `owner.name`; `undo` brings back what was there."""
        if name in vars(owner):
            old = vars(owner)[name]
            self._undo.append(lambda: setattr(owner, name, old))
        else:
            self._undo.append(lambda: delattr(owner, name))
        setattr(owner, name, value)

    def undo(self) -> None:
        """Undo every `put`, the last one first."""
        while self._undo:
            self._undo.pop()()


# Every name under which CPython 3.11 to 3.14 reach the start of a thread.
_STARTERS = (
    (_thread, "start_new_thread"),
    (_thread, "start_new"),
    (_thread, "start_joinable_thread"),
    (threading, "_start_new_thread"),
    (threading, "_start_joinable_thread"),
)


def watch_threads(
    adopt: Callable[[Callable[..., Any]], Callable[..., Any]], patches: Patches
) -> None:
    """Let every new thread run `adopt(function)`, called in the thread that starts it."""

    def starting(original: Callable[..., Any]) -> Callable[..., Any]:
        def start(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            return original(adopt(function), *args, **kwargs)

        return start

    for module, name in _STARTERS:
        if hasattr(module, name):
            patches.put(module, name, starting(getattr(module, name)))


def watch_backward(around: Callable[[Callable[..., Any], Any, Any], Any], patches: Patches) -> None:
    """Let every backward pass run as `around(engine, args, kwargs)`."""
    engine = graph._engine_run_backward

    def backward(*args: Any, **kwargs: Any) -> Any:
        return around(engine, args, kwargs)

    # torch.autograd took the function by name.
    for module in (graph, torch.autograd):
        patches.put(module, "_engine_run_backward", backward)
