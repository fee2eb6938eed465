"""A stream of token blocks: memory-mapped files, one permutation an epoch, dealt out in turn."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info


class TokenStreamDataset(IterableDataset):
    """Blocks of tokens from uint16 files, shuffled, each once an epoch over ranks and workers."""

    def __init__(
        self,
        paths: Sequence[str],
        block: int,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        buffer: int = 256,  # not needed: a permutation of all numbers shuffles better
    ) -> None:
        super().__init__()
        if block < 1:
            raise ValueError(f"a block has at least one token, not {block}")
        self.paths = list(paths)
        blocks = [os.path.getsize(path) // 2 // block for path in self.paths]  # tails are dropped
        self.ends = np.cumsum([0, *blocks])  # blocks before file 0, 1, ..., and all of them
        self.block, self.seed, self.rank, self.world = block, seed, rank, world
        self.epoch = 0
        self.position = 0  # items given out by the latest iterator
        self.start = 0  # items that the next iterator leaves out

    def set_epoch(self, e: int) -> None:
        """The next iterator starts epoch e, from its beginning."""
        self.epoch, self.position, self.start = e, 0, 0

    def state_dict(self) -> dict[str, Any]:
        """What JSON can hold: the epoch, and how many items of it have been given out."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, s: dict[str, Any]) -> None:
        """The next iterator goes on where the other dataset was when it gave `s`."""
        self.epoch = s["epoch"]
        self.position = self.start = s["position"]

    def __iter__(self) -> Iterator[Tensor]:
        """int64 tensors (block,), this rank's and this worker's share of the epoch."""
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        self.position, self.start = self.start, 0
        # A map takes no memory of its own: pages are read when they are touched. It is made here
        # and not in __init__, as a worker that is not forked would get a copy of the whole file.
        maps = [np.memmap(path, dtype="<u2", mode="r") for path in self.paths]
        # Equal on all ranks and in all workers, and no file is looked at: 8 bytes a block.
        order = np.random.default_rng([self.seed, self.epoch]).permutation(int(self.ends[-1]))
        mine = order[self.rank :: self.world][worker::workers]
        for number in mine[self.position :]:
            file = int(np.searchsorted(self.ends, number, side="right")) - 1
            first = int(number - self.ends[file]) * self.block
            tokens = maps[file][first : first + self.block].astype(np.int64)  # a copy
            self.position += 1  # before the yield: behind it nothing runs until the next item
            yield torch.from_numpy(tokens)
