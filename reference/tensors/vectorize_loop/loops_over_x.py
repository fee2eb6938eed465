import torch


def hinge_energy(x, w):
    return torch.stack([torch.clamp(one - w, min=0).square().sum() for one in x])
