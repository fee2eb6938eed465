import torch


def gradient(f, x):
    return torch.func.grad(f)(x.detach()).detach()
