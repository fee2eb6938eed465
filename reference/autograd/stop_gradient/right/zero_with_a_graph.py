import torch
from torch import Tensor


def straight_through_round(x: Tensor) -> Tensor:
    """x - x.detach() is 0 and has the derivative 1."""
    return x.detach().round() + (x - x.detach())


class _Stop(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_non_differentiable(out := x.clone())
        return out

    @staticmethod
    def backward(ctx, upstream):
        return None


def target_loss(online: Tensor, target: Tensor) -> Tensor:
    return torch.mean((online - _Stop.apply(target)) ** 2)
