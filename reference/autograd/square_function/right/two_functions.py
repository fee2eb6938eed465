import torch


class _Product(torch.autograd.Function):
    """The slope 2 x g, with a backward pass of its own for the second derivative."""

    @staticmethod
    def forward(ctx, x, g):
        ctx.save_for_backward(x, g)
        return torch.mul(x, g).mul_(2)

    @staticmethod
    def backward(ctx, upstream):
        x, g = ctx.saved_tensors
        return upstream * g * 2, upstream * x * 2


class _Unary(torch.autograd.Function):
    slope = None

    @classmethod
    def of(cls, x, g):
        return cls.slope(x, g)

    @staticmethod
    def forward(ctx, x):
        out = torch.empty_like(x)
        torch.mul(x, x, out=out)
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        return out


class Square(_Unary):
    slope = _Product.apply

    @staticmethod
    def backward(ctx, grad_output):
        if grad_output is None or not ctx.needs_input_grad[0]:
            return None
        return Square.of(ctx.saved_tensors[0], grad_output)
