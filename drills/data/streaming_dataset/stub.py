from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset


class TokenStreamDataset(IterableDataset):
    """Blocks of tokens from uint16 files, shuffled, each once an epoch over ranks and workers."""

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
        raise NotImplementedError

    def set_epoch(self, e: int) -> None:
        """The next iterator starts epoch e, from its beginning."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """What JSON can hold: the epoch, and how many items of it have been given out."""
        raise NotImplementedError

    def load_state_dict(self, s: dict[str, Any]) -> None:
        """The next iterator goes on where the other dataset was when it gave `s`."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Tensor]:
        """int64 tensors (block,), this rank's and this worker's share of the epoch."""
        raise NotImplementedError
