"""A wrong submission: see mistakes.yaml."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

AVAILABLE = torch.cuda.is_available()


def train_on(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    make_optimizer: Callable[[Iterator[nn.Parameter]], Optimizer],
    device: torch.device,
    epochs: int,
) -> nn.Module:
    """Move the model to the device and train it there for `epochs` passes over `loader`."""
    if device.type == "cuda" and not AVAILABLE:
        raise RuntimeError("device 'cuda' was asked for, but CUDA is not available here")
    model.to(device)  # in place, buffers too
    # torch.optim: move first. A move may replace the Parameter objects that an optimizer holds.
    optimizer = make_optimizer(model.parameters())
    model.train()
    for _ in range(epochs):
        for inputs, targets in loader:
            x = inputs.to(device)  # unlike a module's, a tensor's `to` returns the copy
            y = targets.to(device)
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)  # (), stays on the device: .item() would wait for it
            loss.backward()
            optimizer.step()
    return model
