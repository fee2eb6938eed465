import torch


@torch.enable_grad()
def gradient(f, x):
    leaf = torch.nn.Parameter(x.detach().clone())
    value = f(leaf)
    if value.requires_grad:
        value.backward(inputs=[leaf])
    return leaf.new_zeros(leaf.shape) if leaf.grad is None else leaf.grad
