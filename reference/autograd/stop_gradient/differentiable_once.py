import torch
from torch.autograd.function import once_differentiable


class _Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        return upstream


def straight_through_round(x):
    return _Round.apply(x)


def target_loss(online, target):
    return (online - target.detach()).square().mean()
