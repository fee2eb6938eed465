"""The places where Triton's interpreter is hooked: the only file that knows its insides.

Nothing of the interpreter is copied or changed in its source: attributes are replaced, and every
replacement passes on the arguments that it does not know.
"""

import contextlib
import operator
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch

from drill.grader.launch_memory import Pointers, tagged

_ABSENT = object()
_PLACES = (
    "_interpreter.load",
    "_interpreter.store",
    "_interpreter.atomic_rmw",
    "_interpreter.atomic_cas",
    "_implicit_cvt",
    "GridExecutor.__call__",
    "interpreter_builder.set_grid_dim",
    "interpreter_builder.set_grid_idx",
    "interpreter_builder.create_dot",
)
# Another native function may touch memory too, and would choke on our pointers.
_NATIVE = frozenset({"load", "store", "atomic_rmw", "atomic_cas", "fma_fp32", "fma_fp64"})

Triple = tuple[int, int, int]


class Listener(Protocol):
    """What hears of the launches; `LaunchMeter` is one."""

    def enter(self, kernel: str) -> None:
        """A launch begins; its arguments come next."""

    def argument(self, tensor: torch.Tensor) -> int:
        """Return the number (from 1) of this tensor argument of the launch."""

    def grid(self, grid: Triple) -> None:
        """The grid is known; the programs come next."""

    def program(self, index: Triple) -> None:
        """A program begins."""

    def access(self, kind: str, pointers: Pointers, mask: Any, itemsize: int) -> Pointers:
        """Return the plain addresses behind `pointers`, or raise to prevent the access."""

    def dot(self, flops: int) -> None:
        """A tile is multiplied."""

    def leave(self) -> None:
        """The launch is over, well or not."""


class _Memory:
    """Stands in for the interpreter's native module: reports an access, then makes it."""

    def __init__(self, native: Any, listener: Listener) -> None:
        self._native = native
        self._access = listener.access

    def load(self, pointers: Pointers, mask: Any, other: Any, dtype: Any, *rest: Any) -> Any:
        plain = self._access("load", pointers, mask, np.dtype(dtype).itemsize)
        return self._native.load(plain, mask, other, dtype, *rest)

    def store(self, pointers: Pointers, value: Any, mask: Any, *rest: Any) -> Any:
        plain = self._access("store", pointers, mask, value.itemsize)
        return self._native.store(plain, value, mask, *rest)

    def atomic_rmw(self, how: Any, pointers: Pointers, value: Any, mask: Any, *rest: Any) -> Any:
        plain = self._access("atomic", pointers, mask, value.itemsize)
        return self._native.atomic_rmw(how, plain, value, mask, *rest)

    def atomic_cas(self, pointers: Pointers, expected: Any, *rest: Any) -> Any:
        plain = self._access("atomic", pointers, None, expected.itemsize)
        return self._native.atomic_cas(plain, expected, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)


def unsupported(interpreter: Any) -> str | None:
    """Why this interpreter cannot be hooked ("it has no ..."), or None if it can."""
    for place in _PLACES:
        owner, _, name = place.rpartition(".")
        if not hasattr(getattr(interpreter, owner, None) if owner else interpreter, name):
            return f"it has no {place}"
    native = vars(interpreter._interpreter)
    functions = {name for name, value in native.items() if _is_function(name, value)}
    unknown = functions - _NATIVE
    return f"it has the unknown {', '.join(sorted(unknown))}" if unknown else None


def _is_function(name: str, value: object) -> bool:
    return callable(value) and not isinstance(value, type) and not name.startswith("_")


def attach(interpreter: Any, listener: Listener) -> Callable[[], None]:
    """Hook triton.runtime.interpreter; the result takes the hooks out again.

    Raises RuntimeError when it is hooked already.
    """
    if isinstance(interpreter._interpreter, _Memory):
        raise RuntimeError("a launch meter is installed already")
    builder, executor = interpreter.interpreter_builder, interpreter.GridExecutor
    with contextlib.ExitStack() as undo:
        for owner, name, replacement in (
            (interpreter, "_interpreter", _Memory(interpreter._interpreter, listener)),
            (interpreter, "_implicit_cvt", _tagging(interpreter._implicit_cvt, listener)),
            (executor, "__call__", _launching(executor.__call__, listener)),
            (builder, "set_grid_dim", _told(builder.set_grid_dim, listener.grid)),
            (builder, "set_grid_idx", _told(builder.set_grid_idx, listener.program)),
            (builder, "create_dot", _counting(builder.create_dot, listener)),
        ):
            undo.callback(_restore, owner, name, vars(owner).get(name, _ABSENT))
            setattr(owner, name, replacement)
        return undo.pop_all().close


def _restore(owner: Any, name: str, value: object) -> None:
    if value is _ABSENT:  # it is inherited, or belongs to the owner's class
        delattr(owner, name)
    else:
        setattr(owner, name, value)


def _launching(original: Callable[..., Any], listener: Listener) -> Callable[..., Any]:
    def launch(executor: Any, *args: Any, **kwargs: Any) -> Any:
        listener.enter(getattr(executor.fn, "__name__", "kernel"))
        try:
            return original(executor, *args, **kwargs)
        finally:
            listener.leave()

    return launch


def _tagging(original: Callable[..., Any], listener: Listener) -> Callable[..., Any]:
    def convert(argument: Any, *args: Any, **kwargs: Any) -> Any:
        value = original(argument, *args, **kwargs)
        if hasattr(argument, "data_ptr"):
            tensor = getattr(argument, "base", argument)  # of a triton.reinterpret
            pointer = tagged(tensor.data_ptr(), listener.argument(tensor))
            value.handle.data = np.array([pointer], dtype=np.uint64)
        return value

    return convert


def _told(original: Callable[..., Any], tell: Callable[[Triple], None]) -> Callable[..., Any]:
    def replacement(x: Any, y: Any, z: Any, *args: Any, **kwargs: Any) -> Any:
        tell((operator.index(x), operator.index(y), operator.index(z)))
        return original(x, y, z, *args, **kwargs)

    return replacement


def _counting(original: Callable[..., Any], listener: Listener) -> Callable[..., Any]:
    def dot(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        listener.dot(2 * a.data.size * b.data.shape[-1])
        return original(a, b, *args, **kwargs)

    return dot
