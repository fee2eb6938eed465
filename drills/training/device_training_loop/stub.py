from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


def train_on(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    make_optimizer: Callable[[Iterator[nn.Parameter]], Optimizer],
    device: torch.device,
    epochs: int,
) -> nn.Module:
    """Move the model to the device and train it there for `epochs` passes over `loader`."""
    raise NotImplementedError
