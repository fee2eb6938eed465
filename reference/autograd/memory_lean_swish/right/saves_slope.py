import torch


class MemoryLeanSwish(torch.autograd.Function):
    """One tensor all the same: the slope, computed in forward."""

    @staticmethod
    def forward(ctx, x):
        gate = 0.5 * (1 + torch.tanh(x / 2))
        out = x * gate
        ctx.slope = torch.addcmul(gate, out, 1 - gate)
        return out

    @staticmethod
    def backward(ctx, grad_output):
        return ctx.slope * grad_output
