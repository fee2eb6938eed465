import torch


def gradient(f, x):
    point = x.detach().requires_grad_()
    try:
        with torch.enable_grad():
            value = f(point)
            return torch.autograd.grad(value, point, materialize_grads=True)[0]
    except RuntimeError:
        return torch.zeros_like(x)
