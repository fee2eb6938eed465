import torch


def squared_distances(x, y):
    points = torch.cat([x, y])
    count = len(points)
    pairs = torch.zeros(count, count, dtype=x.dtype)
    pairs[tuple(torch.triu_indices(count, count, 1))] = torch.pdist(points)
    return pairs[: len(x), len(x) :].square()
