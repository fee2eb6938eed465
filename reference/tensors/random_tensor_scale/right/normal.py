import torch


def random_scaled(rows=3, cols=3, factor=2.0, generator=None):
    shape = torch.Size((rows, cols))
    base = torch.normal(0.0, 1.0, shape, generator=generator)
    scaled = base.clone()
    scaled *= factor
    return base, scaled
