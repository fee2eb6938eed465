from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(
    critic: Callable, real: Tensor, fake: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Mean over samples of (norm of the critic's gradient at a random mix - 1) squared, 0-d."""
    raise NotImplementedError
