import torch
from torch.nn import functional as F


class CustomReLU(torch.autograd.Function):
    """Backward runs the library's forward again and lets autograd differentiate it."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.relu(x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            again = x.detach().requires_grad_()
            out = F.relu(again)
        return torch.autograd.grad(out, again, grad_output)[0]
