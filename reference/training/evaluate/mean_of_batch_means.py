"""A wrong submission: see mistakes.yaml."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def evaluate(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
) -> tuple[float, float]:
    """The mean loss per sample over `loader`, and the share of samples classified right."""
    # The flag of each module: some may be frozen in eval mode within a model that trains.
    modes = [(module, module.training) for module in model.modules()]
    model.eval()  # no dropout, batch norm by its running statistics
    total, correct, samples, batches = 0.0, 0, 0, 0
    try:
        with torch.no_grad():
            for x, y in loader:
                logits = model(x)  # (n, C)
                total += loss_fn(logits, y).item()
                batches += 1
                correct += (logits.argmax(dim=1) == y).sum().item()  # along the classes
                samples += len(x)
    finally:  # also if the loader, the model or the loss raises
        for module, training in modes:
            module.training = training
    if samples == 0:
        raise ValueError("the loader is empty: there is nothing to evaluate")
    return total / batches, correct / samples
