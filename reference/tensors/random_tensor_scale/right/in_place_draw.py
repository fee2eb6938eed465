import torch
from torch import Tensor


def random_scaled(
    rows: int = 3, cols: int = 3, factor: float = 2.0, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    base = torch.empty((rows, cols), dtype=torch.float32).uniform_(-1, 1, generator=generator)
    return base, torch.mul(base, torch.tensor(factor, dtype=torch.float32))
