import torch


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.dtype = x.dtype
        ctx.save_for_backward(x)
        wide = x.double()
        return torch.einsum("...,...->...", wide, wide).to(x.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        wide = x.to(torch.float64)
        return (grad_output.to(torch.float64) * (wide + wide)).to(ctx.dtype)
