"""Counts what a submission does: operators, FLOPs, bytes, host reads; and watches the rules.

Two modes of torch stay on for the process's life. The function mode sees each call of a torch
function by the function's identity, however it was reached. The dispatch mode below it sees each
aten operator that runs, also from TorchScript and from a backward pass. `grader.attribution` says
whether the submission did it.

Counts are exact and the same on every repeat, but they are made in the submission's own process:
evidence against honest code, no proof against hostile code. Not seen: numpy (its `host_reads` are),
other processes, the inside of C extensions, the branches of torch.cond, functions called in a
region that torch.compile traced (its operators are), and code that turns the modes off.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, Protocol

from torch.nn import Module

from drill.grader import attribution, forbid, memory, modes, operators, record
from drill.grader.attribution import Patches, Sight, Stack
from drill.grader.forbid import Ban, Breach, Rule
from drill.grader.modes import Functions, Operators
from drill.grader.record import Counts, Record, Thread

__all__ = ["Breach", "Counts", "Meter", "Rule"]

_METER = (attribution, forbid, memory, modes, operators, record)
_METER_FILES = frozenset(str(part.__file__) for part in _METER)


class _Layer(Protocol):
    """Something that a thread of torch enters, and leaves before what it entered earlier."""

    def enter(self) -> None: ...
    def leave(self) -> None: ...
    def on_top(self) -> bool: ...


class Meter:
    """Counts and watches one submission in this process.

    `own_files` are the submission's file names; `grader_files` says if a file is the grader's or
    the drill's. With `counting=False` only what the rules need is switched on. `install` comes
    before the submission is imported.
    """

    def __init__(
        self,
        own_files: frozenset[str],
        grader_files: Callable[[str], bool],
        rules: Sequence[Rule] = (),
        *,
        counting: bool = True,
    ) -> None:
        ban = Ban.of(rules)
        stack = Stack(own_files, grader_files, ban.codes, _METER_FILES | {__file__})
        self._record = Record(stack, ban, counting)
        self._own_files = own_files
        self._patches = Patches()
        self._layers: list[_Layer] = []
        self._on: list[_Layer] = []

    @property
    def breaches(self) -> list[Breach]:
        """The rules that were broken so far, each once a line."""
        return self._record.breaches

    def install(self) -> None:
        """Switch on for the process's life, in this thread and in every new one."""
        patches = self._patches
        for watched, rule in self._record.ban.classes.items():
            forbid.watch_class(watched, partial(self._used, rule), patches)
        attribution.watch_threads(self._in_thread, patches)
        attribution.watch_backward(self._backward, patches)
        memory.allow_transforms(self._record.saved, patches)
        self._layers = self._layers_of(self._record.thread())
        self.set_counting(self._record.counting)

    def uninstall(self) -> None:
        """Take everything back, in the thread of `install` (a player just ends)."""
        self._on = _switch(self._layers, self._on, (False, False, False))
        self._patches.undo()

    @contextmanager
    def installed(self) -> Iterator["Meter"]:
        """`install` for the length of a block."""
        self.install()
        try:
            yield self
        finally:
            self.uninstall()

    def set_counting(self, counting: bool) -> None:
        """Count or not from now on: called between plays, in the thread of `install`.

        Threads of the submission that are running stay as they began.
        """
        self._record.counting = counting
        self._on = _switch(self._layers, self._on, self._wanted())

    def start(self) -> None:
        """A new play: all counts are zero. Breaches stay."""
        self._record.start()

    def counts(self) -> Counts:
        """What was counted since `start`."""
        return self._record.counts()

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call what the submission offers, as its own even where it has no frame."""
        return attribution.run_for(function, args, kwargs)

    def adopt(self, module: ModuleType, names: Iterable[str]) -> None:
        """Let calls of what the imported submission offers as `names` be its own.

        `softmax = torch.softmax`, a scripted function or a partial has no frame in the
        submission's files: such a value is put behind `run`. Another name for a forbidden class
        is a breach at once.
        """
        for name in names:
            offered = getattr(module, name, None)
            if isinstance(offered, type):
                for watched, rule in self._record.ban.classes.items():
                    if issubclass(offered, watched):
                        self._record.broken(rule, Sight(True, None, None))
            elif callable(offered) and self._is_frameless(offered, module):
                setattr(module, name, partial(self.run, offered))

    def _is_frameless(self, function: Any, module: ModuleType) -> bool:
        code = getattr(function, "__code__", None)
        if code is not None:
            return code.co_filename not in self._own_files
        # Objects have attributes, which a wrapper would hide.
        return not isinstance(function, Module) and type(function).__module__ != module.__name__

    def _layers_of(self, thread: Thread) -> list[_Layer]:
        notes = self._record
        return [Functions(notes, thread), Operators(notes, thread), notes.saved]

    def _wanted(self) -> tuple[bool, bool, bool]:
        """Which layers are needed now."""
        ban, counting = self._record.ban, self._record.counting
        return counting or bool(ban.calls), counting or ban.deep or bool(ban.ops), counting

    def _in_thread(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What a new thread runs instead of `function`."""
        inside = self._record.look().inside

        def watched(*args: Any, **kwargs: Any) -> Any:
            thread = self._record.thread()
            thread.inside = inside
            layers = self._layers_of(thread)
            on = _switch(layers, [], self._wanted())
            try:
                return function(*args, **kwargs)
            finally:
                _switch(layers, on, (False, False, False))

        return watched

    def _backward(self, engine: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        # Tensor.backward is a function that the mode saw: hooks inside need it on again.
        with self._record.thread().with_functions():
            return attribution.run_backward(engine, args, kwargs)

    def _used(self, rule: str) -> None:
        self._record.broken(rule, self._record.look())


def _switch(layers: list[_Layer], on: list[_Layer], wanted: tuple[bool, ...]) -> list[_Layer]:
    """Enter the layers that are wanted and leave the others; which are on after that.

    A layer that the submission put something above can't be left: it stays, and costs time only.
    """
    after: list[_Layer] = []
    for layer, needed in zip(layers, wanted, strict=True):
        if needed and layer not in on:
            layer.enter()
        if layer in on and not needed and layer.on_top():
            layer.leave()
        elif needed or layer in on:
            after.append(layer)
    return after
