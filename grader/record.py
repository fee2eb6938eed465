"""What is noted down of a submission: its counts and its breaches."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from drill.grader.attribution import Sight, Stack
from drill.grader.forbid import Ban, Breach
from drill.grader.memory import Saved, Storages
from drill.grader.operators import Fact, fact_of


@dataclass
class Counts:
    """What the submission did since `Meter.start`."""

    ops: int = 0  # operators that ran, in place or not; without views and host reads
    views: int = 0  # operators that only made another view of a storage
    flops: int = 0  # of matrix products, convolutions and attention; all else counts 0
    live_bytes: int = 0  # the most bytes of storages made by the submission, alive at once
    saved_bytes: int = 0  # the most bytes of storages saved for backward at once
    host_reads: int = 0  # moments when Python waits for a tensor's values
    reads_by_name: dict[str, int] = field(default_factory=dict)  # host_reads by function


@dataclass
class Thread:
    """What the modes know of the thread they are on."""

    inside: bool = False  # the submission started it
    reading: int = 0  # depth of functions whose host read is counted already
    hidden: bool = False  # the meter itself is calling
    functions: TorchFunctionMode | None = None  # this thread's function mode, when switched on

    def with_functions(self) -> AbstractContextManager[object]:
        """Have the function mode on in a block: torch takes it off while a call it saw runs."""
        functions = self.functions
        stack = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
        if functions is None or functions in stack:
            return nullcontext()
        return functions


class Record:
    """What is noted down: counts and breaches. Safe to use from many threads."""

    def __init__(self, stack: Stack, ban: Ban, counting: bool) -> None:
        self.ban = ban
        self.counting = counting
        self.breaches: list[Breach] = []
        self._stack = stack
        self._threads = threading.local()
        self._lock = threading.RLock()
        self._counts = Counts()
        self._storages = Storages()
        self.saved = Saved(lambda: self.look().inside, self._hide)
        self._facts: dict[Any, Fact] = {}

    def thread(self) -> Thread:
        """The state of the thread that asks."""
        try:
            found: Thread = self._threads.state
        except AttributeError:
            found = self._threads.state = Thread()
        return found

    def look(self) -> Sight:
        """Whether the submission is running, and where."""
        return self._stack.look(self.thread().inside)

    def fact(self, operator: Any) -> Fact:
        """What is known of an operator."""
        found = self._facts.get(operator)
        if found is None:
            found = self._facts[operator] = fact_of(operator)
        return found

    def start(self) -> None:
        """All counts are zero."""
        with self._lock:
            self._counts = Counts()
            self._storages.start()
            self.saved.start()

    def counts(self) -> Counts:
        """A copy of the counts so far."""
        with self._lock:
            return replace(
                self._counts,
                live_bytes=self._storages.peak,
                saved_bytes=self.saved.peak,
                reads_by_name=dict(self._counts.reads_by_name),
            )

    def broken(self, rule: str | None, sight: Sight) -> None:
        """The submission met `rule`, or a watched function on the stack; each line counts once."""
        rule = rule or sight.rule
        if rule is None or not sight.inside:
            return
        breach = Breach(rule, sight.line)
        with self._lock:
            if breach not in self.breaches:
                self.breaches.append(breach)

    def read(self, name: str) -> None:
        """The submission waited for a tensor's values."""
        with self._lock:
            by_name = self._counts.reads_by_name
            by_name[name] = by_name.get(name, 0) + 1
            self._counts.host_reads += 1

    def ran(self, fact: Fact, args: Sequence[Any], kwargs: Mapping[str, Any], out: object) -> None:
        """The submission ran an operator."""
        with self._lock:
            counts = self._counts
            counts.ops += fact.is_op
            counts.views += fact.is_view
            if fact.flops is not None:
                counts.flops += fact.flops(*args, **{**kwargs, "out": out})
            if fact.is_op:
                self._storages.made(out, (*args, *kwargs.values()))
            elif fact.is_lift:
                self._storages.made(out, ())

    def _hide(self, function: Callable[[], Any]) -> Any:
        thread = self.thread()
        before, thread.hidden = thread.hidden, True
        try:
            return function()
        finally:
            thread.hidden = before
