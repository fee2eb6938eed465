"""Stopping gradients: detach() passes a value on and cuts the graph behind it.

The straight-through estimator is from Bengio, Léonard and Courville (2013).
"""

from torch import Tensor


def straight_through_round(x: Tensor) -> Tensor:
    """round(x) forward, the identity backward; shape and dtype are those of x."""
    # The step is a constant to autograd, so the derivative is that of x alone. Neither the
    # difference nor the sum has a rounding error: the value is the rounded one to the bit.
    return x + (x.round() - x).detach()


def target_loss(online: Tensor, target: Tensor) -> Tensor:
    """mean((online - target)^2), 0-d, in which target is a constant."""
    return (online - target.detach()).square().mean()
