"""The two modes of torch that see a submission's calls and operators."""

from types import MethodWrapperType
from typing import Any

import torch
from torch._C import DisableTorchFunction, DispatchKey, DispatchKeySet
from torch.overrides import TorchFunctionMode, _get_current_function_mode
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode

from drill.grader.memory import tensors
from drill.grader.operators import FUNCTION_READS, HIDDEN, Fact
from drill.grader.record import Record, Thread


class Functions(TorchFunctionMode):
    """Sees calls of torch's functions, methods and properties by what they are."""

    def __init__(self, record: Record, thread: Thread) -> None:
        self._record = record
        self._thread = thread

    def enter(self) -> None:
        """Switch on, above the modes that are on."""
        self._thread.functions = self
        self.__enter__()  # type: ignore[no-untyped-call]

    def leave(self) -> None:
        """Switch off."""
        self._thread.functions = None
        self.__exit__(None, None, None)  # type: ignore[no-untyped-call]

    def on_top(self) -> bool:
        """Whether it is the last one that was entered."""
        return _get_current_function_mode() is self  # type: ignore[no-untyped-call]

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


class Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees the aten operators that run, with the submission's own operators taken apart."""

    supports_higher_order_operators = True

    def __init__(self, record: Record, thread: Thread) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
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
        self.__enter__()  # type: ignore[no-untyped-call]

    def leave(self) -> None:
        """Switch off."""
        self.__exit__(None, None, None)  # type: ignore[no-untyped-call]

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
