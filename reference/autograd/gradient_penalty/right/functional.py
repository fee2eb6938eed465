import torch


def gradient_penalty(critic, real, fake, generator=None):
    with torch.no_grad():
        eps = torch.rand(len(real), generator=generator).to(real)
        between = torch.lerp(real, fake, eps.reshape(-1, *[1] * (real.dim() - 1)))
    slopes = torch.func.grad(lambda x: critic(x).sum())(between)
    lengths = torch.linalg.vector_norm(slopes, dim=tuple(range(1, slopes.dim())))
    return torch.mean((lengths - 1.0) ** 2)
