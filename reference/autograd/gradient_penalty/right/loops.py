import torch


def gradient_penalty(critic, real, fake, generator=None):
    """One sample at a time, except for the critic's call."""
    points = []
    for one, other in zip(real.detach().double(), fake.detach().double(), strict=True):
        share = torch.rand((), generator=generator, dtype=torch.float64)
        points.append(other + share * (one - other))
    mixed = torch.stack(points).to(real.dtype).requires_grad_()
    total = sum(critic(mixed).reshape(-1).unbind())
    slopes = torch.autograd.grad(total, mixed, create_graph=True)[0]
    terms = [((slope * slope).sum().add(1e-12) ** 0.5 - 1) ** 2 for slope in slopes]
    return torch.stack(terms).mean()
