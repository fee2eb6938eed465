import torch


def scale(x, a):
    return torch.stack([row * a for row in x])


def scale_(x, a):
    for place in range(len(x) + 1):
        x[place : place + 1].mul_(a)
    return x


def normalize_rows(x):
    if x.dim() > 1:
        return torch.stack([normalize_rows(row) for row in x])
    return x * torch.dot(x, x).rsqrt_()
