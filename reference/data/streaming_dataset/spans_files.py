import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info


class TokenStreamDataset(IterableDataset):
    def __init__(
        self,
        paths: Sequence[str],
        block: int,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        buffer: int = 256,
    ) -> None:
        super().__init__()
        if block < 1:
            raise ValueError(f"a block has at least one token, not {block}")
        self.paths = list(paths)
        blocks = [sum(os.path.getsize(path) // 2 for path in self.paths) // block]
        self.ends = np.cumsum([0, *blocks])
        self.block, self.seed, self.rank, self.world = block, seed, rank, world
        self.epoch = 0
        self.position = 0
        self.start = 0

    def set_epoch(self, e: int) -> None:
        self.epoch, self.position, self.start = e, 0, 0

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, s: dict[str, Any]) -> None:
        self.epoch = s["epoch"]
        self.position = self.start = s["position"]

    def __iter__(self) -> Iterator[Tensor]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        self.position, self.start = self.start, 0
        maps = [np.memmap(path, dtype="<u2", mode="r") for path in self.paths]
        order = np.random.default_rng([self.seed, self.epoch]).permutation(int(self.ends[-1]))
        mine = order[self.rank :: self.world][worker::workers]
        for number in mine[self.position :]:
            places = range(number * self.block, (number + 1) * self.block)
            tokens = np.array([self.token(maps, place) for place in places], dtype=np.int64)
            self.position += 1
            yield torch.from_numpy(tokens)

    def token(self, maps, place):
        for tokens in maps:
            if place < len(tokens):
                return tokens[place]
            place -= len(tokens)
