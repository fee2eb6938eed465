import torch


def swish(x):
    return x * x.sigmoid()


class MemoryLeanSwish(torch.autograd.Function):
    """Backward runs forward again, with a graph that ends with it."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return swish(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad_output):
        again = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            wide = again.float() if again.itemsize == 2 else again  # grad * x overflows in float16
            loss = (swish(wide) * grad_output).sum()
        return torch.autograd.grad(loss, again)[0]
