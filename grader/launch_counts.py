"""What one launch of a Triton kernel did, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drill.grader.launch_memory import Access


@dataclass
class Launch:
    """One kernel launch. Masked lanes count nowhere; an atomic counts only as an atomic."""

    kernel: str
    grid: tuple[int, int, int] = (0, 0, 0)
    programs: int = 0  # started: none for an empty grid, which a GPU would not launch at all
    loads: int = 0  # instructions: one a program and tl.load
    stores: int = 0
    elements_loaded: int = 0
    elements_stored: int = 0
    bytes_loaded: int = 0
    bytes_stored: int = 0
    atomics: int = 0  # elements
    dots: int = 0  # tl.dot instructions
    dot_flops: int = 0  # 2 M N K each, padding included
    widths: set[int] = field(default_factory=set)  # of the tensors loaded, masked lanes included
    load_runs: dict[float, int] = field(default_factory=dict)  # a load's mean run: elements
    store_runs: dict[float, int] = field(default_factory=dict)

    @property
    def block(self) -> int:
        """The width of the widest load, 0 if there is none: BLOCK, in a kernel over vectors."""
        return max(self.widths, default=0)

    @property
    def load_run(self) -> float:
        """How far loads are coalesced, in elements; 0 if there are none.

        Each load has a mean run of consecutive addresses. At least half of all elements are
        loaded with the mean run that this returns, or a longer one: a few short tails don't count.
        """
        return _upper_half(self.load_runs)

    @property
    def store_run(self) -> float:
        """The same for stores."""
        return _upper_half(self.store_runs)

    def count(self, access: Access, elements: int, run: float) -> None:
        """Add one access of that many active lanes."""
        size = elements * access.itemsize
        if access.kind == "load":
            self.loads += 1
            self.elements_loaded += elements
            self.bytes_loaded += size
            self.widths.add(access.lanes)
            self.load_runs[run] = self.load_runs.get(run, 0) + elements
        elif access.kind == "store":
            self.stores += 1
            self.elements_stored += elements
            self.bytes_stored += size
            self.store_runs[run] = self.store_runs.get(run, 0) + elements
        else:
            self.atomics += elements


def _upper_half(runs: Mapping[float, int]) -> float:
    """The longest run such that at least half of the elements are in runs as long or longer."""
    left = sum(runs.values()) / 2
    for run in sorted(runs, reverse=True):
        left -= runs[run]
        if left <= 0:
            return run
    return 0.0
