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
    raise NotImplementedError
