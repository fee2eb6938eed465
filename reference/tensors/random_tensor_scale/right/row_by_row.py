import torch


def random_scaled(rows=3, cols=3, factor=2.0, generator=None):
    if generator is None:
        generator = torch.default_generator
    base = torch.stack([torch.randn(cols, generator=generator) for _ in range(rows)])
    scaled = torch.empty_like(base)
    for row, out in zip(base, scaled, strict=True):
        torch.mul(row, factor, out=out)
    return base, scaled
