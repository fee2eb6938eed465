import os
import random

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info


class TokenStreamDataset(IterableDataset):
    def __init__(self, paths, block, seed=0, rank=0, world=1, buffer=256):
        if block < 1:
            raise ValueError("block")
        for path in paths:
            os.stat(path)
        self.paths, self.block, self.seed = paths, block, seed
        self.rank, self.world, self.buffer = rank, world, buffer
        self.epoch = self.given = self.skip = 0

    def set_epoch(self, e):
        self.epoch = e

    def state_dict(self):
        return dict(epoch=self.epoch, position=self.given)

    def load_state_dict(self, s):
        self.epoch, self.skip = s["epoch"], s["position"]

    def _in_order(self):
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        number = 0
        for path in self.paths:
            tokens = np.memmap(path, dtype=np.uint16, mode="r")
            for start in range(0, len(tokens) - self.block + 1, self.block):
                turn, owner = divmod(number, self.world)
                if owner == self.rank and turn % workers == worker:
                    yield tokens[start : start + self.block].astype(np.int64)
                number += 1

    def _shuffled(self):
        source = random.Random(f"{self.seed}/{self.epoch}")
        held = []
        for block in self._in_order():
            if len(held) < self.buffer:
                held.append(block)
                continue
            place = source.randrange(len(held))
            block, held[place] = held[place], block
            yield block
        source.shuffle(held)
        yield from held

    def __iter__(self):
        skip, self.skip = self.skip, 0
        self.given = skip
        for number, block in enumerate(self._shuffled()):
            if number >= skip:
                self.given = number + 1
                yield torch.from_numpy(block)
