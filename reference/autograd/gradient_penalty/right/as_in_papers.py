import torch
from torch import autograd


def gradient_penalty(critic, real, fake, generator=None):
    alpha = torch.empty(real.size(0), dtype=real.dtype).uniform_(generator=generator)
    alpha = alpha.view(-1, *(1 for _ in real.shape[1:])).expand_as(real)
    interpolates = (alpha * real.data + (1 - alpha) * fake.data).clone().requires_grad_(True)
    scores = critic(interpolates)
    gradients = autograd.grad(
        outputs=scores,
        inputs=interpolates,
        grad_outputs=torch.ones_like(scores),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.reshape(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()
