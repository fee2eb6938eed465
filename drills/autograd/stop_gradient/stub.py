import torch
from torch import Tensor


def straight_through_round(x: Tensor) -> Tensor:
    """torch.round(x) in value, the identity in the backward pass."""
    raise NotImplementedError


def target_loss(online: Tensor, target: Tensor) -> Tensor:
    """The mean squared error, 0-d; no gradient reaches `target`."""
    raise NotImplementedError
