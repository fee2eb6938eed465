import torch


def hinge_energy(x, w):
    columns, rows = torch.meshgrid(x, w, indexing="ij")
    gaps = torch.maximum(columns, rows) - rows
    return torch.sum(gaps * gaps, -1)
