import torch


class _Elementwise(torch.autograd.Function):
    """The slope was saved in forward."""

    @staticmethod
    def backward(ctx, grad_output):
        (slope,) = ctx.saved_tensors
        return torch.mul(grad_output, slope)


class CustomReLU(_Elementwise):
    @staticmethod
    def forward(ctx, x, *_):
        ctx.save_for_backward(x.gt(0).to(x.dtype))
        return torch.maximum(x, torch.zeros_like(x))
