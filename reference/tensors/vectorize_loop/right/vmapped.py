import torch


def _energy_of_one(point, w):
    gap = point - w
    return torch.where(gap > 0, gap * gap, torch.zeros_like(gap)).sum()


hinge_energy_of_all = torch.vmap(_energy_of_one, in_dims=(0, None))


def hinge_energy(x, w):
    return hinge_energy_of_all(x, w)
