"""Two schedulers, one after the other."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, SequentialLR


def warmup_cosine(
    optimizer: Optimizer, warmup_steps: int, total_steps: int, min_ratio: float = 0.1
) -> LRScheduler:
    length = total_steps - warmup_steps

    def down(step):
        angle = math.pi * min(step, length) / length
        return min_ratio + (1 - min_ratio) / 2 * (1 + math.cos(angle))

    decay = LambdaLR(optimizer, down)
    if warmup_steps == 0:
        return decay
    warmup = LambdaLR(optimizer, lambda step: step / warmup_steps)
    return SequentialLR(optimizer, [warmup, decay], milestones=[warmup_steps])
