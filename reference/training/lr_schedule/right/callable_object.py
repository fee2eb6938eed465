"""LambdaLR with a callable object, whose settings are saved along."""

import math
from dataclasses import dataclass

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


@dataclass
class Curve:
    warmup: int
    total: int
    floor: float

    def __call__(self, step: int) -> float:
        if step >= self.total:
            return self.floor
        if step < self.warmup:
            return step / max(1, self.warmup)
        done = (step - self.warmup) / (self.total - self.warmup)
        return self.floor + (1 - self.floor) * math.cos(math.pi / 2 * done) ** 2


def warmup_cosine(
    optimizer: Optimizer, warmup_steps: int, total_steps: int, min_ratio: float = 0.1
) -> LRScheduler:
    return LambdaLR(optimizer, Curve(warmup_steps, total_steps, min_ratio))
