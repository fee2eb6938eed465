import torch
from torch.func import grad


def adapt(loss_fn, params, lr, steps):
    """torch.func differentiates functions, whatever wants a gradient outside."""
    with torch.enable_grad():
        slope = grad(loss_fn)
        current = params + 0
        for _ in range(steps):
            current = torch.sub(current, slope(current), alpha=lr)
        return current
