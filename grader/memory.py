"""Bytes that the submission keeps: storages alive at once, and storages saved for backward.

Both are peaks over a play and count a storage once, however many tensors share it. Storages are
known by the address of their C++ object, which is reused after a release: every entry goes with
its storage, so counts don't depend on the allocator.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import Any

import torch
from torch.autograd import graph

from drill.grader.attribution import Patches


def tensors(values: Iterable[object]) -> list[torch.Tensor]:
    """The tensors among what an operator takes or returns, and in lists and tuples among it."""
    found: list[torch.Tensor] = []  # no generator: this runs several times an operator
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += tensors(value)
    return found


def storage_of(tensor: torch.Tensor) -> torch.UntypedStorage | None:
    """The tensor's storage, or None for one without memory of its own (sparse, meta)."""
    if tensor.is_meta or not torch._C._has_storage(tensor):
        return None
    return tensor.untyped_storage()


class Storages:
    """The storages that were made inside and are still alive. Safe to call from many threads."""

    def __init__(self) -> None:
        # Reentrant: a release can come from the garbage collector in the middle of `made`.
        self._lock = RLock()
        self._alive: dict[int, tuple[weakref.ref[torch.UntypedStorage], int]] = {}
        self._bytes = 0
        self.peak = 0

    def start(self) -> None:
        """Forget everything: what is alive now belongs to an earlier play."""
        with self._lock:
            self._alive.clear()
            self._bytes = self.peak = 0

    def made(self, outputs: object, inputs: Iterable[object]) -> None:
        """Note an operator's outputs; a storage that one of its inputs has is not a new one."""
        with self._lock:
            for tensor in tensors((outputs,)):
                storage = storage_of(tensor)
                if storage is None:
                    continue
                key = storage._cdata
                if key in self._alive:
                    self._resize(key, storage.nbytes())
                elif not any(_shares(other, key) for other in tensors(inputs)):
                    self._add(key, storage)

    def _add(self, key: int, storage: torch.UntypedStorage) -> None:
        size = storage.nbytes()
        self._alive[key] = weakref.ref(storage, partial(self._release, key)), size
        self._bytes += size
        self.peak = max(self.peak, self._bytes)

    def _resize(self, key: int, size: int) -> None:
        """An `out=` argument may have grown in place."""
        reference, before = self._alive[key]
        if size != before:
            self._alive[key] = reference, size
            self._bytes += size - before
            self.peak = max(self.peak, self._bytes)

    def _release(self, key: int, reference: object) -> None:
        with self._lock:
            if key in self._alive and self._alive[key][0] is reference:
                self._bytes -= self._alive.pop(key)[1]


def _shares(tensor: torch.Tensor, key: int) -> bool:
    storage = storage_of(tensor)
    return storage is not None and storage._cdata == key


class _Kept:
    """One tensor that autograd saved; `drop` runs when the graph lets go of it."""

    __slots__ = ("drop", "tensor", "version")

    def __init__(self, tensor: torch.Tensor, drop: Callable[[], None] | None) -> None:
        self.tensor = tensor
        self.version = tensor._version
        self.drop = drop

    def __del__(self) -> None:
        if self.drop is not None:
            self.drop()


class Saved:
    """The storages that autograd holds for backward, seen by hooks on what it saves.

    Counts every storage that is saved while the submission runs, inputs and parameters too.
    Not seen: tensors that a `Function` puts on `ctx` itself, and tensors under hooks of the
    submission's own, which replace these (so checkpointing counts what it really keeps).
    """

    def __init__(self, counts_now: Callable[[], bool], hidden: Callable[[Any], Any]) -> None:
        """`counts_now` says if the submission runs; `hidden` runs a function unseen by meters."""
        self._lock = RLock()
        self._counts_now = counts_now
        self._hidden = hidden
        self._holds: dict[int, int] = {}  # storage address -> saved tensors that hold it
        self._play = 0
        self._bytes = 0
        self.peak = 0

    def start(self) -> None:
        """Forget everything: what is saved now belongs to an earlier play."""
        with self._lock:
            self._holds.clear()
            self._play += 1
            self._bytes = self.peak = 0

    def enter(self) -> None:
        """Hook this thread's autograd."""
        torch._C._autograd._push_saved_tensors_default_hooks(self._pack, self._unpack)

    def leave(self) -> None:
        """Unhook this thread's autograd."""
        torch._C._autograd._pop_saved_tensors_default_hooks()

    def on_top(self) -> bool:
        """Whether these hooks are the ones that autograd uses in this thread now."""
        hooks = torch._C._autograd._top_saved_tensors_default_hooks(True)
        return hooks is not None and hooks[0] == self._pack

    def _pack(self, tensor: torch.Tensor) -> _Kept:
        # Detached, because an output that its own graph node holds would never be freed.
        kept: torch.Tensor = self._hidden(tensor.detach)
        return _Kept(kept, self._hold(kept) if self._counts_now() else None)

    def _unpack(self, kept: _Kept) -> torch.Tensor:
        # Autograd leaves this check to the hooks' owner.
        found = kept.tensor._version
        if found != kept.version:
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                f"inplace operation: [{kept.tensor.type()} {list(kept.tensor.shape)}] is at "
                f"version {found}; expected version {kept.version} instead."
            )
        return kept.tensor

    def _hold(self, tensor: torch.Tensor) -> Callable[[], None] | None:
        storage = storage_of(tensor)
        if storage is None:
            return None
        key, size = storage._cdata, storage.nbytes()
        with self._lock:
            holders = self._holds.get(key, 0)
            self._holds[key] = holders + 1
            if not holders:
                self._bytes += size
                self.peak = max(self.peak, self._bytes)
            return partial(self._drop, self._play, key, size)

    def _drop(self, play: int, key: int, size: int) -> None:
        with self._lock:
            if play != self._play:
                return
            self._holds[key] -= 1
            if not self._holds[key]:
                del self._holds[key]
                self._bytes -= size


def allow_transforms(saved: Saved, patches: Patches) -> None:
    """Let torch.func.grad run, which refuses hooks: unhook the thread while it does."""
    refuse = graph.disable_saved_tensors_hooks

    @contextmanager
    def unhooked(message: str) -> Iterator[None]:
        hooked = saved.on_top()
        if hooked:
            saved.leave()
        try:
            with refuse(message):
                yield
        finally:
            if hooked:
                saved.enter()

    patches.put(graph, "disable_saved_tensors_hooks", unhooked)
