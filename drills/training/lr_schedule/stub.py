from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


def warmup_cosine(
    optimizer: Optimizer, warmup_steps: int, total_steps: int, min_ratio: float = 0.1
) -> LRScheduler:
    """A scheduler: linear warm-up to each group's rate, then half a cosine down to the floor."""
    raise NotImplementedError
