import torch
from torch import Tensor


def _prefix(values: Tensor) -> Tensor:
    return torch.cat([values.new_zeros(1), values.cumsum(0)])


def hinge_energy(x: Tensor, w: Tensor) -> Tensor:
    """O((N + M) log M): the w below x[i] are a prefix of the sorted w."""
    centre = x.detach().double().mean()
    wide = x.double() - centre
    ordered = (w.double() - centre).sort().values
    below = torch.searchsorted(ordered.detach(), wide.detach().contiguous())
    first, second = _prefix(ordered)[below], _prefix(ordered.square())[below]
    energy = below * wide.square() - 2 * wide * first + second
    return energy.to(x.dtype)
