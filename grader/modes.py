"""The two modes of torch that see a submission's calls and operators, and what they note down."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from types import MethodWrapperType
from typing import Any

import torch
from torch._C import DisableTorchFunction, DispatchKey, DispatchKeySet
from torch.overrides import (
    TorchFunctionMode,
    _get_current_function_mode,
    _get_current_function_mode_stack,
)
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode

from drill.grader.attribution import Sight, Stack
from drill.grader.forbid import Ban, Breach
from drill.grader.memory import Saved, Storages, tensors
from drill.grader.operators import FUNCTION_READS, HIDDEN, Fact, fact_of


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
    functions: "Functions | None" = None  # this thread's function mode, when switched on

    def with_functions(self) -> AbstractContextManager[object]:
        """Have the function mode on in a block: torch takes it off while a call it saw runs."""
        functions = self.functions
        if functions is None or functions in _get_current_function_mode_stack():
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
                counts.flops += fact.flops(*args, **kwargs, out_val=out)
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


class Functions(TorchFunctionMode):
    """Sees calls of torch's functions, methods and properties by what they are."""

    def __init__(self, record: Record, thread: Thread) -> None:
        self._record = record
        self._thread = thread

    def enter(self) -> None:
        """Switch on, above the modes that are on."""
        self._thread.functions = self
        self.__enter__()

    def leave(self) -> None:
        """Switch off."""
        self._thread.functions = None
        self.__exit__(None, None, None)

    def on_top(self) -> bool:
        """Whether it is the last one that was entered."""
        return _get_current_function_mode() is self

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note the call, then make it."""
        kwargs = kwargs or {}
        record, thread = self._record, self._thread
        # torch.compile inlines this method: what it can't trace would break the graph.
        if torch.compiler.is_compiling() or thread.hidden:
            return func(*args, **kwargs)
        ban = record.ban
        rule = ban.calls.get(func)
        # What a watched Python function does shows in its calls; looking at each property costs.
        if rule is not None or (ban.codes and not isinstance(func, MethodWrapperType)):
            record.broken(rule, record.look())
        if record.counting and (reader := FUNCTION_READS.get(func)):
            name = reader(args, kwargs)
            if name is not None:
                return self._reading(name, func, args, kwargs)
        return func(*args, **kwargs)

    def _reading(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        thread = self._thread
        if name != HIDDEN and not thread.reading and self._record.look().inside:
            self._record.read(name)
        thread.reading += 1
        try:
            return func(*args, **kwargs)
        finally:
            thread.reading -= 1


class Operators(TorchDispatchMode):
    """Sees the aten operators that run, with the submission's own operators taken apart."""

    supports_higher_order_operators = True

    def __init__(self, record: Record, thread: Thread) -> None:
        super().__init__()
        self._record = record
        self._thread = thread

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else the first operator imports torch._dynamo, a second or more

    @classmethod
    def ignore_compile_internals(cls) -> bool:
        """Compile as without the mode: it sees the operators when the compiled code runs."""
        return True

    def enter(self) -> None:
        """Switch on, above the modes that are on."""
        self.__enter__()

    def leave(self) -> None:
        """Switch off."""
        self.__exit__(None, None, None)

    def on_top(self) -> bool:
        """Whether it is the last one that was entered."""
        return _get_current_dispatch_mode() is self

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note the operator, then run it."""
        kwargs = kwargs or {}
        record = self._record
        if self._thread.hidden:
            return func(*args, **kwargs)
        fact = record.fact(func)
        if fact.is_composite:  # inference_mode shows these whole
            with self:
                return func.decompose(*args, **kwargs)
        rule = record.ban.ops.get(fact.name)
        counts = record.counting
        if counts or rule is not None or record.ban.codes:
            sight = record.look()
            record.broken(rule, sight)
            counts &= sight.inside
        if fact.is_wrapper:
            return self._run_apart(func, args, kwargs)
        # Without it the function mode, where it is on, would see the operator as one more call.
        with DisableTorchFunction():
            out = func(*args, **kwargs)
            if counts:
                self._count(fact, args, kwargs, out)
        return out

    def _run_apart(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operator as what it is: calls of other operators."""
        key = DispatchKey.CPU
        if any(tensor.is_cuda for tensor in tensors((*args, *kwargs.values()))):
            key = DispatchKey.CUDA
        with self, self._thread.with_functions():
            return func.redispatch(DispatchKeySet(key), *args, **kwargs)

    def _count(self, fact: Fact, args: Any, kwargs: Any, out: object) -> None:
        if fact.read is not None and not self._thread.reading:
            name = fact.read(args, kwargs)
            if name:
                self._record.read(name)
        self._record.ran(fact, args, kwargs, out)
