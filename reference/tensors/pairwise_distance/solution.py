"""Squared distances by the expansion |x - y|^2 = |x|^2 + |y|^2 - 2 x.y: one matrix product."""

from torch import Tensor


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """(N,D), (M,D) -> (N,M), without an (N,M,D) tensor on the way."""
    x_norms = x.square().sum(-1, keepdim=True)  # (N,1)
    y_norms = y.square().sum(-1)  # (M,), a row beside the column
    distances = x_norms + y_norms - 2 * (x @ y.T)  # (N,M)
    # Where the three terms cancel, what is left is rounding, which can be below 0.
    return distances.clamp(min=0)
