from pathlib import Path

import torch
from torch.utils.data import IterableDataset, get_worker_info


class _Epoch:
    def __init__(self, dataset, begin, worker, workers):
        counts = [Path(path).stat().st_size // (2 * dataset.block) for path in dataset.paths]
        self.dataset = dataset
        source = torch.Generator().manual_seed(dataset.seed * 1_000_003 + dataset.epoch)
        order = torch.randperm(sum(counts), generator=source)
        mine = order[dataset.rank :: dataset.world]
        self.todo = iter(mine[worker::workers][begin:].tolist())
        self.counts = counts
        dataset.done = begin

    def __iter__(self):
        return self

    def __next__(self):
        number = int(next(self.todo))
        place = 0
        while number >= self.counts[place]:
            number -= self.counts[place]
            place += 1
        with open(self.dataset.paths[place], "rb") as file:
            file.seek(2 * number * self.dataset.block)
            data = file.read(2 * self.dataset.block)
        self.dataset.done += 1
        low, high = torch.frombuffer(bytearray(data), dtype=torch.uint8).long().view(-1, 2).T
        return low + 256 * high


class TokenStreamDataset(IterableDataset):
    def __init__(self, paths, block, seed=0, rank=0, world=1, buffer=256):
        if block <= 0:
            raise ValueError("block must be positive")
        self.paths, self.block, self.seed = list(paths), block, seed
        self.rank, self.world = rank, world
        self.epoch, self.done, self.begin = 0, 0, 0

    def set_epoch(self, e):
        self.epoch = e

    def state_dict(self):
        return {"epoch": self.epoch, "position": self.done}

    def load_state_dict(self, s):
        self.epoch = s["epoch"]
        self.begin = s["position"]

    def __iter__(self):
        info = get_worker_info()
        begin, self.begin = self.begin, 0
        if info is None:
            return _Epoch(self, begin, 0, 1)
        return _Epoch(self, begin, info.id, info.num_workers)
