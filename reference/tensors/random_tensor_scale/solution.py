"""A random matrix and its multiple (https://docs.pytorch.org/docs/stable/generated/torch.rand.html)."""

import torch
from torch import Tensor


def random_scaled(
    rows: int = 3,
    cols: int = 3,
    factor: float = 2.0,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """A random float32 tensor (rows, cols), and the same tensor times `factor`."""
    base = torch.rand(rows, cols, generator=generator)  # None: torch's global generator
    return base, base * factor  # out of place: base keeps what was drawn
