import torch


class _Normalize(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        wide = x.double()
        inverse = wide.square().sum(-1, keepdim=True).rsqrt_()
        out = wide.mul_(inverse) if wide is not x else wide * inverse
        ctx.save_for_backward(out, inverse)
        return out.to(x.dtype, copy=True)

    @staticmethod
    def backward(ctx, upstream):
        out, inverse = ctx.saved_tensors
        inner = (upstream * out).sum(-1, keepdim=True)
        return ((upstream - out * inner) * inverse).to(upstream.dtype)


def scale(x, a):
    return a * x


def scale_(x, a):
    torch._foreach_mul_([x], a)
    return x


def normalize_rows(x):
    return _Normalize.apply(x)
