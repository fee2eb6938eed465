"""In place or not: what autograd lets you overwrite. See torch's notes "Autograd mechanics"."""

from torch import Tensor


def scale(x: Tensor, a: float) -> Tensor:
    """x times a, in a new tensor."""
    return x * a


def scale_(x: Tensor, a: float) -> Tensor:
    """x times a, in the memory of x; autograd records it and x's version counter rises."""
    return x.mul_(a)


def normalize_rows(x: Tensor) -> Tensor:
    """Each row of the last axis divided by its L2 norm: (..., D) -> (..., D)."""
    squares = x.square().sum(-1, keepdim=True)  # (..., 1); its backward needs x, not the sum
    norms = squares.sqrt_()  # so the sum may be overwritten; but the backward of sqrt_ needs norms
    return x / norms  # and that of the division needs x and norms: neither is touched any more
