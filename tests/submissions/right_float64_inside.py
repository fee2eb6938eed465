# verdict: passed
import torch


class Wide(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        wide = x.to(torch.float64, copy=True)
        wide.sub_(wide.amax(dim, keepdim=True)).exp_()
        out = wide.div_(wide.sum(dim, keepdim=True)).to(x.dtype)
        ctx.save_for_backward(out)
        ctx.dim = dim
        return out

    @staticmethod
    def backward(ctx, upstream):
        (out,) = ctx.saved_tensors
        return out * (upstream - (upstream * out).sum(ctx.dim, keepdim=True)), None


def softmax(x, dim=-1):
    return Wide.apply(x, dim)


def predict(logits):
    return logits.argmax(-1)
