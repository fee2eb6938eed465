"""Where a Triton kernel may go in memory, and where it has been.

Under Triton's interpreter a pointer is a 64-bit number. The number of the tensor argument that it
was made from is kept in its upper 16 bits, which no address of a process uses, and travels along
through all pointer arithmetic. So an access that leaves its tensor is found wherever it lands,
also in another argument's memory: the verdict does not depend on what the allocator put where.
"""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

Pointers = NDArray[np.uint64]
Marks = NDArray[np.bool_]

_ADDRESS_BITS = 48
_ADDRESS = np.uint64((1 << _ADDRESS_BITS) - 1)


class OutOfBounds(Exception):
    """A kernel was about to touch memory outside the tensor that its pointer was made from."""


@dataclass
class Footprint:
    """What kernels did to one storage.

    `loaded` and `stored` hold one mark an element, by the element's size in bytes.
    `owner` keeps the memory alive: its address is not handed out again while marks refer to it.
    `left` is the storage's bytes as the last launch that stored into it left them.
    """

    owner: torch.UntypedStorage
    base: int  # the address of its first byte
    nbytes: int
    loaded: dict[int, Marks] = field(default_factory=dict)
    stored: dict[int, Marks] = field(default_factory=dict)
    elements_loaded: int = 0
    elements_stored: int = 0
    left: NDArray[np.uint8] | None = None

    def mark(self, kind: str, addresses: Pointers, itemsize: int, one_run: bool) -> None:
        """Note that `addresses` were loaded or stored (an atomic counts as a store here).

        `one_run` says that they fill one range, in any order: marked faster.
        """
        if kind == "load":
            self.elements_loaded += addresses.size
            marks = self._marks(self.loaded, itemsize)
        else:
            self.elements_stored += addresses.size
            marks = self._marks(self.stored, itemsize)
        if one_run:
            start = (int(addresses.min()) - self.base) // itemsize
            marks[start : start + addresses.size] = True
        else:
            marks[(addresses - np.uint64(self.base)) // np.uint64(itemsize)] = True

    def _marks(self, of_kind: dict[int, Marks], itemsize: int) -> Marks:
        if itemsize not in of_kind:
            # One more than fits: an access may end in bytes too few for a whole element.
            of_kind[itemsize] = np.zeros(self.nbytes // itemsize + 1, dtype=np.bool_)
        return of_kind[itemsize]

    def remember(self) -> None:
        """A launch is over: note what the storage holds, if kernels stored anything in it."""
        if self.stored:
            self.left = self._bytes_now().copy()

    def _bytes_now(self) -> NDArray[np.uint8]:
        """The storage's bytes, not copied, and without a torch op that a meter would count."""
        return np.ctypeslib.as_array((ctypes.c_uint8 * self.nbytes).from_address(self.base))

    def settle(self) -> None:
        """Forget the stores whose values torch, or anything but a kernel, has overwritten."""
        if self.left is None:
            return
        changed = np.flatnonzero(self.left != self._bytes_now())
        if changed.size:
            for itemsize, marks in self.stored.items():
                marks[changed // itemsize] = False

    def loaded_bytes(self) -> Marks:
        """One mark a byte of the storage: a kernel loaded it."""
        return _by_byte(self.loaded, self.nbytes)

    def held_bytes(self) -> Marks:
        """One mark a byte of the storage: a kernel stored what it holds now."""
        self.settle()
        return _by_byte(self.stored, self.nbytes)


def _by_byte(of_kind: Mapping[int, Marks], nbytes: int) -> Marks:
    marks = np.zeros(nbytes, dtype=np.bool_)
    for itemsize, elements in of_kind.items():
        marks |= np.repeat(elements, itemsize)[:nbytes]
    return marks


def by_element(bytes_marked: Marks, tensor: torch.Tensor) -> torch.Tensor:
    """One bool an element of `tensor`, in its shape: are all the element's bytes marked?

    `bytes_marked` covers the tensor's whole storage.
    """
    itemsize = tensor.element_size()
    whole = bytes_marked[: bytes_marked.size // itemsize * itemsize].reshape(-1, itemsize)
    elements = torch.from_numpy(whole.all(axis=1))
    return elements.as_strided(tensor.size(), tensor.stride(), tensor.storage_offset()).clone()


@dataclass(frozen=True)
class Reach:
    """The bytes from `low` up to, not including, `high`: all that one tensor argument spans."""

    low: int
    high: int
    shape: tuple[int, ...]
    footprint: Footprint


def reach_of(tensor: torch.Tensor, footprint: Footprint) -> Reach:
    """The span of `tensor`'s own elements, which for a view is less than its storage."""
    low = tensor.data_ptr()
    shape = tuple(tensor.shape)
    elements = 0
    if 0 not in shape:
        pairs = zip(shape, tensor.stride(), strict=True)
        elements = 1 + sum((size - 1) * stride for size, stride in pairs)
    return Reach(low, low + elements * tensor.element_size(), shape, footprint)


def tagged(address: int, number: int) -> int:
    """A pointer to `address` that remembers it came from argument `number` (1, 2, ...)."""
    return address | (number << _ADDRESS_BITS)


def untagged(pointers: Pointers) -> Pointers:
    """The plain addresses."""
    return pointers & _ADDRESS


def active_lanes(pointers: Pointers, mask: Any) -> Pointers:
    """The pointers, as a vector, of the lanes that really access memory."""
    if mask is None or mask.all():
        return pointers.reshape(-1)
    chosen: Pointers = pointers[np.broadcast_to(mask, pointers.shape)]
    return chosen


def by_tensor(active: Pointers) -> list[tuple[int, Pointers]]:
    """The lanes of each argument: (its number, their addresses). Nearly always just one."""
    if active.size == 0:
        return []
    first, last = int(active.min()) >> _ADDRESS_BITS, int(active.max()) >> _ADDRESS_BITS
    if first == last:
        return [(first, untagged(active))]
    numbers = active >> np.uint64(_ADDRESS_BITS)
    return [(int(n), untagged(active[numbers == n])) for n in np.unique(numbers)]


def mean_run(addresses: Pointers, itemsize: int) -> float:
    """The mean length, in elements, of the runs of consecutive addresses in one access.

    The order of the lanes does not matter (the compiler picks it), nor do repeated addresses.
    0.0 if there are no addresses.
    """
    if addresses.size == 0:
        return 0.0
    step = np.uint64(itemsize)
    breaks = int(np.count_nonzero(addresses[1:] - addresses[:-1] != step))
    if breaks == 0:
        return float(addresses.size)
    if not (addresses[1:] > addresses[:-1]).all():
        addresses = np.unique(addresses)
        breaks = int(np.count_nonzero(addresses[1:] - addresses[:-1] != step))
    return addresses.size / (breaks + 1)


class Access(NamedTuple):
    """One load, store or atomic of one program: `lanes` is its tensor's width, masked or not."""

    kind: str
    itemsize: int
    lanes: int
    program: tuple[int, int, int]


def complaint(access: Access, addresses: Pointers, reach: Reach | None) -> str | None:
    """What is wrong with touching `addresses` of the tensor with that reach; None if nothing is."""
    if reach is None:
        outside, where = addresses.size, "outside every tensor that was passed to the kernel"
    else:
        past = int(addresses.max()) + access.itemsize - reach.high
        before = reach.low - int(addresses.min())
        if past <= 0 and before <= 0:
            return None
        ends = addresses + np.uint64(access.itemsize)
        outside = int(np.count_nonzero((addresses < reach.low) | (ends > reach.high)))
        side = f"{past} bytes past the end" if past > 0 else f"{before} bytes before the start"
        where = f"{side} of its tensor of shape {reach.shape}"
    lanes = f"{outside} of {access.lanes} lanes"
    return f"{access.kind} out of bounds: {lanes}, program {access.program}, {where}"
