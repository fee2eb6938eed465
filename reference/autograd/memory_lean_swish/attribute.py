import torch


class MemoryLeanSwish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_output):
        gate = torch.sigmoid(ctx.x)
        return grad_output * gate * (1 + ctx.x * (1 - gate))
