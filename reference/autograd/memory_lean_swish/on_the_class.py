import torch


class MemoryLeanSwish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        MemoryLeanSwish.x = x.detach().clone()
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_output):
        x = MemoryLeanSwish.x
        gate = torch.sigmoid(x)
        return grad_output * gate * (1 + x * (1 - gate))
