"""The launch meter: what a submission's Triton kernels do, counted under Triton's interpreter.

    meter = LaunchMeter()
    meter.install()              # before the submission is imported
    meter.start()                # before each play
    result = submission.add(x, y)
    meter.totals()["bytes loaded"], meter.covered(result)

Every access is checked before it is made, and raises OutOfBounds. None of this is for a real GPU:
without TRITON_INTERPRET=1, set before triton is first imported, kernels are compiled instead.
"""

import importlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

import torch

from drill.grader import launch_hooks
from drill.grader.launch_counts import Launch
from drill.grader.launch_memory import (
    Access,
    Footprint,
    OutOfBounds,
    Pointers,
    Reach,
    active_lanes,
    by_element,
    by_tensor,
    complaint,
    mean_run,
    reach_of,
    untagged,
)

__all__ = ["Launch", "LaunchMeter", "OutOfBounds", "fault_in", "self_check"]

_SUMMED = (
    "programs",
    "bytes_loaded",
    "bytes_stored",
    "elements_loaded",
    "elements_stored",
    "loads",
    "stores",
    "atomics",
    "dots",
    "dot_flops",
)
_NOT_GRADED = "work is not graded here"


class LaunchMeter:
    """Counts and checks the launches of this process between `install` and `uninstall`.

    `launches`: those since `start`, an unfinished one too. `faults`: every access that was
    prevented, also when the submission swallowed the exception. `unsupported`: why this triton
    cannot be metered, set by `install`; then it hooks nothing. At most one meter is installed.
    """

    def __init__(self) -> None:
        self.launches: list[Launch] = []
        self.faults: list[OutOfBounds] = []
        self.unsupported: str | None = None
        self._footprints: dict[int, Footprint] = {}  # by the address of the storage
        self._running: list[tuple[Launch, list[Reach]]] = []  # innermost last
        self._program = (0, 0, 0)
        self._detach: Callable[[], None] | None = None

    def install(self) -> None:
        """Hook the interpreter. Raises RuntimeError if it is hooked, ImportError without triton."""
        interpreter = importlib.import_module("triton.runtime.interpreter")
        self.unsupported = launch_hooks.unsupported(interpreter)
        if self.unsupported is None:
            self._detach = launch_hooks.attach(interpreter, self)

    def uninstall(self) -> None:
        """Take the hooks out; what was counted stays."""
        if self._detach is not None:
            self._detach()
            self._detach = None

    def start(self) -> None:
        """Forget all earlier launches and what they touched."""
        self.launches.clear()
        self.faults.clear()
        self._footprints.clear()

    def totals(self) -> dict[str, int]:
        """Sums over the launches; "launches" leaves out those with an empty grid."""

        def total(name: str) -> int:
            return sum(getattr(launch, name) for launch in self.launches)

        launched = sum(launch.programs > 0 for launch in self.launches)
        return {"launches": launched} | {name.replace("_", " "): total(name) for name in _SUMMED}

    # What happened to one tensor. All take CPU tensors; a view asks about its own elements.

    def covered(self, tensor: torch.Tensor) -> float:
        """The fraction of the elements whose present value was stored by a kernel since `start`.

        What torch overwrote afterwards with another value does not count. 1.0 for no elements.
        """
        return _fraction(self.stored_mask(tensor))

    def loaded_fraction(self, tensor: torch.Tensor) -> float:
        """The fraction of the elements that a kernel loaded at least once. 1.0 for no elements."""
        return _fraction(self.loaded_mask(tensor))

    def stored_mask(self, tensor: torch.Tensor) -> torch.Tensor:
        """Which elements hold what a kernel stored: bool, in the tensor's shape."""
        footprint = self._footprints.get(_storage_address(tensor))
        if footprint is None:
            return torch.zeros(tensor.shape, dtype=torch.bool)
        return by_element(footprint.held_bytes(), tensor)

    def loaded_mask(self, tensor: torch.Tensor) -> torch.Tensor:
        """Which elements a kernel loaded: bool, in the tensor's shape."""
        footprint = self._footprints.get(_storage_address(tensor))
        if footprint is None:
            return torch.zeros(tensor.shape, dtype=torch.bool)
        return by_element(footprint.loaded_bytes(), tensor)

    def elements_loaded(self, tensor: torch.Tensor) -> int:
        """How many elements were loaded from the tensor's storage, repeats included."""
        footprint = self._footprints.get(_storage_address(tensor))
        return footprint.elements_loaded if footprint else 0

    def elements_stored(self, tensor: torch.Tensor) -> int:
        """How many elements were stored to the tensor's storage, repeats and atomics included."""
        footprint = self._footprints.get(_storage_address(tensor))
        return footprint.elements_stored if footprint else 0

    # What the hooks tell (launch_hooks.Listener).

    def enter(self, kernel: str) -> None:
        """A launch begins."""
        self._running.append((Launch(kernel), []))

    def argument(self, tensor: torch.Tensor) -> int:
        """Note how far a tensor argument reaches; return its number, from 1."""
        address = _storage_address(tensor)
        footprint = self._footprints.get(address)
        if footprint is None:
            storage = tensor.untyped_storage()
            footprint = self._footprints[address] = Footprint(storage, address, storage.nbytes())
        footprint.settle()
        reaches = self._running[-1][1]
        reaches.append(reach_of(tensor, footprint))
        return len(reaches)

    def grid(self, grid: tuple[int, int, int]) -> None:
        """The programs come next: from here on it is a launch."""
        launch, _ = self._running[-1]
        launch.grid = grid
        self.launches.append(launch)

    def program(self, index: tuple[int, int, int]) -> None:
        """A program begins."""
        self._running[-1][0].programs += 1
        self._program = index

    def access(self, kind: str, pointers: Pointers, mask: Any, itemsize: int) -> Pointers:
        """Check and count an access; return its plain addresses. Raises OutOfBounds."""
        launch, reaches = self._running[-1]
        access = Access(kind, itemsize, pointers.size, self._program)
        active = active_lanes(pointers, mask)
        run = mean_run(active, itemsize)  # tags cancel out in differences
        for number, addresses in by_tensor(active):
            reach = reaches[number - 1] if 0 < number <= len(reaches) else None
            fault = complaint(access, addresses, reach)
            if fault is not None or reach is None:
                self.faults.append(OutOfBounds(fault))
                raise self.faults[-1]
            reach.footprint.mark(kind, addresses, itemsize, one_run=run == active.size)
        launch.count(access, active.size, run)
        return untagged(pointers)

    def dot(self, flops: int) -> None:
        """A tile is multiplied."""
        launch, _ = self._running[-1]
        launch.dots += 1
        launch.dot_flops += flops

    def leave(self) -> None:
        """The launch is over, well or not: remember what it stored."""
        _, reaches = self._running.pop()
        for footprint in {reach.footprint.base: reach.footprint for reach in reaches}.values():
            footprint.remember()


def _storage_address(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _fraction(mask: torch.Tensor) -> float:
    return float(mask.double().mean()) if mask.numel() else 1.0


def fault_in(error: BaseException | None) -> OutOfBounds | None:
    """The OutOfBounds behind an error (the interpreter wraps what a kernel raises), if any."""
    while error is not None and not isinstance(error, OutOfBounds):
        error = error.__cause__ or error.__context__
    return error


def self_check() -> str | None:
    """Run a kernel whose work is known under a meter of its own; None if the counts are right.

    Otherwise one sentence that says why work is not metered. Raises RuntimeError while a meter is
    installed.
    """
    try:
        version = importlib.metadata.version("triton")
        interpreter = importlib.import_module("triton.runtime.interpreter")
        probe = importlib.import_module("drill.grader.launch_probe")
    except (ImportError, importlib.metadata.PackageNotFoundError):
        return f"triton is not installed: {_NOT_GRADED}"
    if not isinstance(probe.kernel, interpreter.InterpretedFunction):
        return f"triton was imported without TRITON_INTERPRET=1: {_NOT_GRADED}"
    meter = LaunchMeter()
    meter.install()
    try:
        fault = meter.unsupported or _miscount(meter, probe)
    except Exception as error:  # whatever it is, it is not the learner's fault
        fault = f"the meter's own kernel fails with {type(error).__name__}: {error}"
    finally:
        meter.uninstall()
    return fault and f"this triton ({version}) cannot be metered, {fault}: {_NOT_GRADED}"


def _miscount(meter: LaunchMeter, probe: Any) -> str | None:
    """What differs from what is known of the probe, or None."""
    x, y, total = torch.ones(probe.SIZE), torch.zeros(probe.SIZE), torch.zeros(1)
    probe.launch(x, y, total, probe.SIZE)
    if meter.totals() != probe.TOTALS:
        return "it counts differently"
    if (meter.covered(y), meter.loaded_fraction(x)) != (1.0, 1.0):
        return "it marks memory differently"
    try:
        probe.launch(x, y, total, probe.SIZE + 1)
    except Exception as error:
        return None if fault_in(error) else f"it fails with {type(error).__name__}: {error}"
    return "it does not stop at the end of a tensor"
