"""A deterministic event loop for async drills: its time jumps to the next timer when all wait.

    run(serve(requests))        # asyncio.sleep(3600) takes no real time at all

Two runs of one program give one order of events. Time starts at 0.0 s and moves only when nothing
is ready; timers due at the same moment fire in the order they were set. When nothing is ready and
no timer is left, nobody will ever wake the main task: `Deadlock`, at once.

Work in an executor (`asyncio.to_thread` too) runs for real and takes no virtual time: the clock
stands still until it is done. There are no sockets, pipes, signals or subprocesses; `time.sleep`
and `time.monotonic` know nothing of this clock.
"""

import asyncio
import heapq
import itertools
import math
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple, Unpack

Result = TypeVar("Result")
Args = TypeVarTuple("Args")

# Real seconds in which a thread outside any executor may still call `call_soon_threadsafe`.
THREAD_GRACE = 0.5
# Virtual seconds that left-over tasks have to end after they were cancelled.
CANCEL_GRACE = 60.0


class Deadlock(Exception):
    """Every task waits, and nothing is left that could wake one."""


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` on a fresh loop, cancel the tasks it leaves behind, and return its result.

    Raises what `main` raises, and `Deadlock`.
    """
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        # A task that ignores its cancellation may wait forever: the outcome stands already.
        with suppress(Deadlock):
            loop.run_until_complete(_finish(loop))
        loop.close()


async def _finish(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in tasks:
        task.cancel()
    if tasks:
        done, _ = await asyncio.wait(tasks, timeout=CANCEL_GRACE)
        for task in done:
            if not task.cancelled():
                task.exception()  # seen: else asyncio complains on stderr
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose clock is virtual. It is its own selector: there is nothing to select."""

    def __init__(self) -> None:
        super().__init__()
        # BaseEventLoop asks these of its subclasses, though not in public.
        self._selector = self
        self._scheduled: list[asyncio.TimerHandle] = []
        self._clock_resolution = math.ulp(0.0)
        self._now = 0.0
        self._order = itertools.count()
        self._errands = 0  # pieces of work that executors have not finished
        self._woken = threading.Event()
        self._threads_before = set(threading.enumerate())

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Args]], object],
        *args: *Args,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As in asyncio, but timers of one moment keep their order (there, times hardly tie)."""
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        timer = _Timer(when, callback, args, self, context, next(self._order))
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[Unpack[Args]], Result],
        *args: *Args,
    ) -> asyncio.Future[Result]:
        """As in asyncio; the clock stands still until the work is done or nobody waits for it."""
        future = super().run_in_executor(executor, func, *args)
        self._errands += 1
        future.add_done_callback(self._errand_done)
        return future

    async def shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """As in asyncio, which waits for it in a thread."""
        self._errands += 1
        try:
            await super().shutdown_default_executor(*args, **kwargs)
        finally:
            self._errands -= 1

    def select(self, timeout: float | None) -> list[Any]:
        """Called by the loop between two rounds of callbacks: let time pass, if it must."""
        if timeout is not None and timeout <= 0:
            return []
        if self._errands:
            self._wait(None)
        elif timeout is not None:
            self._now = max(self._now, self._scheduled[0].when())
            # The loop fires what is due before now + resolution: exactly what is due now.
            self._clock_resolution = math.ulp(self._now)
        elif not (self._other_threads() and self._wait(THREAD_GRACE)):
            waiting = len(asyncio.all_tasks(self))
            raise Deadlock(
                f"deadlock at {self._now:g} s: {waiting} task{'s' * (waiting != 1)} waiting, and "
                "nothing is left that could wake one"
            )
        return []

    def _wait(self, seconds: float | None) -> bool:
        """Wait in real time for `call_soon_threadsafe`; whether it was called."""
        woken = self._woken.wait(seconds)
        self._woken.clear()
        return woken

    def _write_to_self(self) -> None:
        self._woken.set()

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _errand_done(self, _: object) -> None:
        self._errands -= 1

    def _other_threads(self) -> set[threading.Thread]:
        executor = getattr(self, "_default_executor", None)
        idle: set[threading.Thread] = getattr(executor, "_threads", set())
        return set(threading.enumerate()) - self._threads_before - idle


class _Timer(asyncio.TimerHandle):
    __slots__ = ("_order",)
    _scheduled: bool

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
        order: int,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._order = order

    def __lt__(self, other: Any) -> bool:
        return (self.when(), self._order) < (other.when(), other._order)
