import hashlib
from bisect import bisect_right
from itertools import accumulate

import numpy as np
import torch
from torch.utils import data


class TokenStreamDataset(data.IterableDataset):
    def __init__(self, paths, block, seed=0, rank=0, world=1, buffer=256):
        super().__init__()
        if not block >= 1:
            raise ValueError(block)
        maps = [np.memmap(path, np.dtype("uint16").newbyteorder("<"), "r") for path in paths]
        self.files = [m[: len(m) // block * block].reshape(-1, block) for m in maps]
        self.starts = [0, *accumulate(len(file) for file in self.files)]
        self.settings = seed, rank, world
        self.state = {"epoch": 0, "position": 0}
        self.resume = False

    def set_epoch(self, e):
        self.state["epoch"] = e

    def state_dict(self):
        return self.state.copy()

    def load_state_dict(self, s):
        self.state = dict(s)
        self.resume = True

    def order(self):
        text = f"{self.settings[0]},{self.state['epoch']}".encode()
        source = torch.Generator()
        source.manual_seed(int.from_bytes(hashlib.sha256(text).digest()[:7], "big"))
        return torch.randperm(self.starts[-1], generator=source, dtype=torch.int32)

    def __iter__(self):
        _, rank, world = self.settings
        info = data.get_worker_info()
        mine = self.order().numpy()[rank::world]
        if info is not None:
            parts = np.array_split(mine, info.num_workers)
            mine = parts[info.id]
        begin = self.state["position"] if self.resume else 0
        self.resume = False
        for done, number in enumerate(mine[begin:], begin + 1):
            self.state["position"] = done
            file = bisect_right(self.starts, number) - 1
            yield torch.tensor(self.files[file][number - self.starts[file]].astype("int64"))
