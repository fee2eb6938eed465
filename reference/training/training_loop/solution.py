"""The training loop: for every batch clear the gradients, go forward, go backward, step."""

from collections.abc import Callable, Iterable

from torch import Tensor, nn
from torch.optim import Optimizer


def train(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    optimizer: Optimizer,
    epochs: int,
) -> list[float]:
    """Train for `epochs` passes over `batches`; the mean loss per sample of each."""
    model.train()  # dropout on, batch norm by batch statistics, in every submodule
    means = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        for x, y in batches:  # iter(batches) again: a loader shuffles here
            optimizer.zero_grad()  # backward adds to .grad
            loss = loss_fn(model(x), y)  # (), the mean over the batch
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)  # a number: no graph, and float64 whatever the dtype
            samples += len(x)
        means.append(total / samples)
    return means
