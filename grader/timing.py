"""Players that are timed, from outside: the judge starts, stops and clocks them.

A batch's inputs are written while the player is stopped. The clock runs from letting it go until
it is stopped again, and only results that stand in the shared file by then count: what says "done"
early, or computes in another thread, has no results.
"""

import contextlib
import fcntl
import json
import mmap
import os
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.grader.channel import Closed, Late, Malformed
from drill.grader.codec import decode_observation
from drill.grader.observation import Observation
from drill.grader.sides import EncodedCase, Side
from drill.grader.window import ALIGN, PREFIX

BATCH_LIMIT = 20.0  # seconds; what passed its checks is not that slow
DISTURBED = 0.03  # the share of a batch's time that its player may wait for a processor
F_ADD_SEALS, SEALS = 1033, 0x2 | 0x4  # no shrinking, no growing; Python names them on Linux alone
STOPPED = "TtZX"  # states of a process that runs no more


class Spoiled(Exception):
    """A batch without a time: its player died, was late, or its results can't be read."""


@dataclass(frozen=True)
class Batch:
    """Cases with their seeds, to be played one after the other."""

    check: str
    arguments: Sequence[Mapping[str, Any]]
    cases: Sequence[EncodedCase]
    seeds: Sequence[int]


@dataclass(frozen=True)
class Run:
    """How long a batch took, whether other processes kept the player waiting, and its results."""

    seconds: float
    disturbed: bool
    results: list[Observation]


class TimedPlayer:
    """One side's player on a core of its own choosing, stopped whenever it has no turn."""

    def __init__(self, side: Side, core: int, inputs: int, outputs: int) -> None:
        self._side, self._inputs, self._outputs = side, inputs, outputs
        side.start()
        self._start(core)

    def _start(self, core: int) -> None:
        greeting = self._side.greet()
        if "end" in greeting or greeting.get("error") or self._side.process is None:
            raise Spoiled("It could not be imported once more.")
        self._pid = self._side.process.pid
        size = self._inputs + self._outputs
        descriptor = os.memfd_create("window", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(descriptor, size)
            fcntl.fcntl(descriptor, F_ADD_SEALS, SEALS)  # or a player could pull it from under us
            self._memory = mmap.mmap(descriptor, size)
            self._tell({"op": "window", "size": size}, descriptor)
            self._heard()
            os.sched_setaffinity(self._pid, {core})
        except BaseException:
            self.stop()
            raise
        finally:
            os.close(descriptor)

    def batch(self, batch: Batch, idle: bool = False) -> Run:
        """Play a batch, or (`idle`) only take its cases and hand in old results. Raises Spoiled."""
        self._freeze()
        plays, at = [], 0
        for case, seed in zip(batch.cases, batch.seeds, strict=True):
            end = at
            for part in case.body:
                self._memory[end : end + len(part)] = part
                end += len(part)
            plays.append({"case": case.tree, "at": at, "size": end - at, "seed": seed})
            at = end + -end % ALIGN
        # No result of an earlier batch is left.
        self._memory[self._inputs :] = b"\xff" * self._outputs
        message = {"op": "batch", "check": batch.check, "plays": plays, "outputs": self._inputs}
        self._tell({**message, "idle": idle})
        waited = self._side.waited()
        began = time.perf_counter()
        os.kill(self._pid, signal.SIGCONT)
        self._heard()
        self._freeze()
        seconds = time.perf_counter() - began
        waited = self._side.waited() - waited
        return Run(seconds, waited > DISTURBED * seconds, self._results(len(plays)))

    def stop(self) -> None:
        """End the player."""
        self._side.stop()

    def _results(self, count: int) -> list[Observation]:
        try:
            return list(_read(memoryview(self._memory)[self._inputs :], count))
        except Exception as error:
            # Whatever the player wrote there: what can't be read is no result.
            raise Spoiled(f"A result is missing or can't be read ({error}).") from error

    def _tell(self, message: dict[str, Any], descriptor: int | None = None) -> None:
        process = self._side.process
        if process is None:
            raise Spoiled("It died.")
        try:
            process.channel.send(message, (), time.monotonic() + BATCH_LIMIT)
            if descriptor is not None:
                process.channel.send_descriptor(descriptor)
        except (Closed, Late) as error:
            raise Spoiled("It died.") from error

    def _heard(self) -> None:
        process = self._side.process
        if process is None:
            raise Spoiled("It died.")
        try:
            process.channel.receive(time.monotonic() + BATCH_LIMIT)
        except (Closed, Late, Malformed) as error:
            raise Spoiled("It died, or did not finish in time.") from error

    def _freeze(self) -> None:
        """Stop the player, all its threads, and be sure of it."""
        try:
            os.kill(self._pid, signal.SIGSTOP)
            while not all(state in STOPPED for state in _states(self._pid)):
                select.select([], [], [], 0)  # gives way, where there is one core only
        except OSError as error:
            raise Spoiled("It died.") from error


def _read(raw: memoryview, count: int) -> Iterator[Observation]:
    at = 0
    for _ in range(count):
        tree_size, body_size = PREFIX.unpack_from(raw, at)
        at += PREFIX.size
        end = at + tree_size + body_size
        if end > len(raw):
            raise ValueError("it is longer than there is room")
        tree = json.loads(bytes(raw[at : at + tree_size]))
        yield Observation(value=decode_observation(tree, bytearray(raw[at + tree_size : end])))
        at = end


def _states(pid: int) -> list[str]:
    """What the threads of a process do: R, S, D, T... Raises OSError when it is gone."""
    folder = Path(f"/proc/{pid}/task")
    found = []
    for thread in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            found.append((folder / thread / "stat").read_text().rpartition(")")[2].split()[0])
    return found
