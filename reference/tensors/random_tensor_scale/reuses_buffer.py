import torch

KEPT = {}


def random_scaled(rows=3, cols=3, factor=2.0, generator=None):
    both = KEPT.setdefault((rows, cols), torch.empty(2, rows, cols))
    base, scaled = both
    torch.rand((rows, cols), generator=generator, out=base)
    torch.mul(base, factor, out=scaled)
    return base, scaled
