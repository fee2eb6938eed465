import torch
from torch.nn import functional as F


class _Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, upstream):
        return upstream


def straight_through_round(x):
    return _Round.apply(x)


def target_loss(online, target):
    return F.mse_loss(online, target.detach())
