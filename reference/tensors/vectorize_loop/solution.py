"""A squared hinge summed over all pairs: y[i] = sum_j max(0, x[i] - w[j])^2.

Broadcasting does what the two loops did (https://docs.pytorch.org/docs/stable/notes/broadcasting.html):
four operations on whole tensors instead of several on each of the N * M pairs.
"""

from torch import Tensor


def hinge_energy(x: Tensor, w: Tensor) -> Tensor:
    """x (N,), w (M,) -> (N,)."""
    above = (x[:, None] - w).clamp(min=0)  # (N, 1) - (M,) -> (N, M): all pairs at once
    return above.square().sum(dim=1)  # (N,): the axis of w goes; empty, it leaves zeros
