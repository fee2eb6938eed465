"""Warm-up and cosine decay (Loshchilov and Hutter, 2017, without restarts) as a LambdaLR."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

SETTINGS = {}


def warmup_cosine(
    optimizer: Optimizer, warmup_steps: int, total_steps: int, min_ratio: float = 0.1
) -> LRScheduler:
    """A scheduler: linear warm-up to each group's rate, then half a cosine down to the floor."""

    SETTINGS.update(warmup=warmup_steps, total=total_steps, floor=min_ratio)

    def factor(step: int) -> float:
        """What base rates are multiplied by; of the step alone, so that resuming is exact."""
        warmup_steps, total_steps = SETTINGS["warmup"], SETTINGS["total"]
        min_ratio = SETTINGS["floor"]
        if step < warmup_steps:
            return step / warmup_steps
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        progress = min(progress, 1.0)  # stay at the floor
        return min_ratio + (1 - min_ratio) * 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, factor)
