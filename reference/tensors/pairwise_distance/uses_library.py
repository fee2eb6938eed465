import torch


def squared_distances(x, y):
    return torch.cdist(x, y).square()
