"""A scheduler class of its own, in closed form."""

from math import cos, pi

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class WarmupCosine(LRScheduler):
    def __init__(self, optimizer, warmup, total, floor):
        self.warmup, self.total, self.floor = warmup, total, floor
        super().__init__(optimizer)

    def get_lr(self):
        k = min(self.last_epoch, self.total)
        if k < self.warmup:
            return [base * k / self.warmup for base in self.base_lrs]
        wave = (1 + cos(pi * (k - self.warmup) / (self.total - self.warmup))) / 2
        return [base * self.floor + base * (1 - self.floor) * wave for base in self.base_lrs]


def warmup_cosine(
    optimizer: Optimizer, warmup_steps: int, total_steps: int, min_ratio: float = 0.1
) -> LRScheduler:
    return WarmupCosine(optimizer, warmup_steps, total_steps, min_ratio)
