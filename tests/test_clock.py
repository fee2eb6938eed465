"""The virtual event loop: time that costs nothing, one order of events, deadlocks named at once."""

import asyncio
import gc
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from drill.grader.clock import Deadlock, VirtualLoop, run


def now() -> float:
    return asyncio.get_running_loop().time()


def at_once(main: Coroutine[Any, Any, Any]) -> Any:
    """Run it, and see that it took no real time."""
    began = time.monotonic()
    result = run(main)
    assert time.monotonic() - began < 0.5
    return result


def test_sleeping_takes_no_real_time() -> None:
    async def main() -> list[float]:
        times = [now()]
        for seconds in (1, 0.1, 0.2, 1e6, 0.0, -1):
            await asyncio.sleep(seconds)
            times.append(now())
        return times

    assert at_once(main()) == [0.0, 1.0, 1.1, 1.1 + 0.2, 1.1 + 0.2 + 1e6] + 2 * [1.1 + 0.2 + 1e6]


def test_timers_fire_in_the_order_of_time_and_then_of_setting() -> None:
    async def main() -> list[tuple[float, int]]:
        seen: list[tuple[float, int]] = []

        async def sleeper(name: int, seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append((now(), name))

        await asyncio.gather(*(sleeper(name, (5 * name) % 3) for name in range(1, 30)))
        return seen

    seen = at_once(main())
    assert seen == sorted(seen) and len(seen) == 29
    assert seen == run(main())


def test_far_and_close_moments_are_told_apart() -> None:
    async def main() -> list[float]:
        await asyncio.sleep(1e12)
        loop, fired = asyncio.get_running_loop(), list[float]()
        for when in (1e12 + 0.5, 1e12 + 0.25, 1e12 + 0.25 + 2**-12):
            loop.call_at(when, lambda: fired.append(now()))
        await asyncio.sleep(1)
        return fired

    assert at_once(main()) == [1e12 + 0.25, 1e12 + 0.25 + 2**-12, 1e12 + 0.5]


def test_timeouts() -> None:
    async def main() -> list[float]:
        times = []
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 5)
        times.append(now())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.sleep(3)
        times.append(now())
        assert await asyncio.wait_for(asyncio.sleep(1, "done"), 2) == "done"
        return [*times, now()]

    assert at_once(main()) == [5.0, 7.0, 8.0]


def test_queues_and_events() -> None:
    async def main() -> tuple[list[tuple[float, int]], float]:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        drained = asyncio.Event()
        taken = []

        async def produce() -> None:
            for item in range(4):
                await queue.put(item)
                await asyncio.sleep(1)

        async def consume() -> None:
            for _ in range(4):
                taken.append((now(), await queue.get()))
                await asyncio.sleep(2)
            drained.set()

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            group.create_task(consume())
            await drained.wait()
        return taken, now()

    assert at_once(main()) == ([(0.0, 0), (2.0, 1), (4.0, 2), (6.0, 3)], 8.0)


@pytest.mark.parametrize("waiters", [0, 2])
def test_a_deadlock_is_named(waiters: int) -> None:
    async def main() -> None:
        never = asyncio.Event()
        tasks = [asyncio.create_task(never.wait()) for _ in range(waiters)]
        await asyncio.sleep(2.5)
        await never.wait()
        assert tasks

    tasks = {0: "1 task waiting", 2: "3 tasks waiting"}[waiters]
    with pytest.raises(Deadlock, match=rf"deadlock at 2\.5 s: {tasks}"):
        at_once(main())


def test_a_cancelled_timer_is_nothing_to_wait_for() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_later(10, print).cancel()
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="at 0 s"):
        at_once(main())


def test_an_error_passes_and_left_over_tasks_are_cancelled() -> None:
    ends = []

    async def background(name: str) -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            ends.append((name, now()))

    async def main() -> None:
        tasks = [asyncio.create_task(background(name)) for name in "ab"]
        await asyncio.sleep(3)
        raise KeyError(len(tasks))

    with pytest.raises(KeyError, match="2"):
        at_once(main())
    assert sorted(ends) == [("a", 3.0), ("b", 3.0)]


def test_tasks_that_do_not_let_themselves_be_cancelled() -> None:
    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    async def stuck() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            await asyncio.Event().wait()

    async def main() -> str:
        tasks = [asyncio.create_task(stubborn()), asyncio.create_task(stuck())]
        await asyncio.sleep(0)
        return f"{len(tasks)} left"

    assert at_once(main()) == "2 left"


def test_async_generators_are_closed() -> None:
    closed = []

    async def numbers() -> Any:
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(1)
            closed.append(True)

    async def main() -> None:
        source = numbers()
        await anext(source)
        globals()["_kept"] = source

    run(main())
    del globals()["_kept"]
    assert closed == [True]


def test_the_clock_stands_still_while_an_executor_works() -> None:
    async def main() -> list[tuple[str, float]]:
        seen = []

        async def work() -> None:
            await asyncio.to_thread(time.sleep, 0.05)
            seen.append(("worked", now()))
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(1) as pool:
                seen.append((await loop.run_in_executor(pool, lambda: "pooled"), now()))

        async def sleep() -> None:
            await asyncio.sleep(1e-6)
            seen.append(("slept", now()))

        await asyncio.gather(work(), sleep())
        return seen

    assert run(main()) == [("worked", 0.0), ("pooled", 0.0), ("slept", 1e-6)]


def test_an_error_in_an_executor() -> None:
    async def main() -> None:
        await asyncio.to_thread(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        at_once(main())


def test_a_deadlock_after_work_in_an_executor() -> None:
    async def main() -> None:
        await asyncio.to_thread(int, "1")
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        at_once(main())


def test_a_thread_may_wake_the_loop() -> None:
    async def main() -> str:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            time.sleep(0.02)
            loop.call_soon_threadsafe(woken.set)

        threading.Thread(target=work).start()
        await woken.wait()
        return "woken"

    assert run(main()) == "woken"


def test_no_socket_and_no_loop_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError("no sockets here")

    monkeypatch.setattr("socket.socketpair", refuse)
    monkeypatch.setattr("socket.socket", refuse)

    async def main() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    loop = run(main())
    assert isinstance(loop, VirtualLoop) and loop.is_closed()
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    gc.collect()
