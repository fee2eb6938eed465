import torch


def hinge_energy(x, w):
    y = torch.zeros_like(x)
    for one in w:
        y = y + torch.clamp(x - one, min=0) ** 2
    return y
