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

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from drill.grader import attribution, forbid, memory, modes, operators
from drill.grader.attribution import Patches, Stack
from drill.grader.forbid import Ban, Breach, Rule
from drill.grader.modes import Counts, Functions, Operators, Record, Thread

__all__ = ["Breach", "Counts", "Meter", "Rule"]

_METER_FILES = frozenset(str(part.__file__) for part in (forbid, memory, modes, operators))


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
        self._patches = Patches()
        self._main: list[_Layer] = []

    @property
    def breaches(self) -> list[Breach]:
        """The rules that were broken so far, each once a line."""
        return self._record.breaches

    def install(self) -> None:
        """Switch on for the process's life, in this thread and in every new one."""
        record, patches = self._record, self._patches
        for watched, rule in record.ban.classes.items():
            forbid.watch_class(watched, partial(self._used, rule), patches)
        attribution.watch_threads(self._adopt, patches)
        attribution.watch_backward(self._backward, patches)
        memory.allow_transforms(record.saved, patches)
        self._main_thread = record.thread()
        self.set_counting(record.counting)

    def uninstall(self) -> None:
        """Take everything back, in the thread of `install` (a player just ends)."""
        _leave(self._main)
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
        _leave(self._main)
        if not self._main:
            self._main = self._enter(self._record.thread())

    def start(self) -> None:
        """A new play: all counts are zero. Breaches stay."""
        self._record.start()

    def counts(self) -> Counts:
        """What was counted since `start`."""
        return self._record.counts()

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call what the submission offers, counted as its own even if it has no frame.

        A submission may say `softmax = torch.softmax`, or offer a scripted function or a partial.
        """
        return attribution.run_for(function, args, kwargs)

    def _enter(self, thread: Thread) -> list[_Layer]:
        """Switch on what is needed in the current thread."""
        record = self._record
        ban, counting = record.ban, record.counting
        layers: list[_Layer] = []
        if counting or ban.calls:
            thread.functions = Functions(record, thread)
            layers.append(thread.functions)
        if counting or ban.ops or ban.deep:
            layers.append(Operators(record, thread))
        if counting:
            layers.append(record.saved)
        for layer in layers:
            layer.enter()
        return layers

    def _adopt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What a new thread runs instead of `function`."""
        inside = self._record.look().inside

        def adopted(*args: Any, **kwargs: Any) -> Any:
            thread = self._record.thread()
            thread.inside = inside
            layers = self._enter(thread)
            try:
                return function(*args, **kwargs)
            finally:
                _leave(layers)

        return adopted

    def _backward(self, engine: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        # Tensor.backward is a function that the mode saw: hooks inside need it on again.
        with self._record.thread().with_functions():
            return attribution.run_backward(engine, args, kwargs)

    def _used(self, rule: str) -> None:
        self._record.broken(rule, self._record.look())


def _leave(layers: list[_Layer]) -> None:
    """Switch off, the last one first; one that the submission put something above stays on."""
    for layer in reversed(tuple(layers)):
        if layer.on_top():
            layer.leave()
            layers.remove(layer)
