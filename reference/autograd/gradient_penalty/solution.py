"""The gradient penalty of WGAN-GP (Gulrajani et al., 2017), without its factor lambda."""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(
    critic: Callable, real: Tensor, fake: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Mean over samples of (norm of the critic's gradient at a random mix - 1) squared, 0-d."""
    real, fake = real.detach(), fake.detach()  # constants: nothing behind them is trained by this
    shape = (real.shape[0],) + (1,) * (real.dim() - 1)  # (B, 1, ..., 1): one epsilon a sample
    eps = torch.rand(shape, generator=generator, dtype=real.dtype, device=real.device)
    mixed = (eps * real + (1 - eps) * fake).requires_grad_()
    # Each score depends on its own sample alone, so the sum's gradient holds each sample's own.
    (slopes,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    norms = slopes.flatten(1).norm(dim=1)  # (B,)
    return (norms - 1).square().mean()
