import torch


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        weights = torch.exp(x - x.amax(dim, keepdim=True))
        out = weights / weights.sum(dim, keepdim=True)
        ctx.save_for_backward(out)
        ctx.dim = dim
        return out

    @staticmethod
    def backward(ctx, upstream):
        (out,) = ctx.saved_tensors
        inner = (upstream * out).sum(ctx.dim, keepdim=True)
        return out * (upstream - inner), None


def softmax(x, dim=-1):
    return _Softmax.apply(x, dim)


def predict(logits):
    order = softmax(logits).sort(dim=-1, descending=True, stable=True)
    return order.indices[..., 0]
