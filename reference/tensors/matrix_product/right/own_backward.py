import torch
from torch.autograd import Function


class _Product(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return torch.matmul(a, b)

    @staticmethod
    def backward(ctx, upstream):
        a, b = ctx.saved_tensors
        for_a = (upstream @ b.mT).sum_to_size(a.shape)
        return for_a, (a.mT @ upstream).sum_to_size(b.shape)


def matrix_product(a, b):
    rows = a[None] if a.dim() == 1 else a
    columns = b[:, None] if b.dim() == 1 else b
    out = _Product.apply(rows, columns)
    if b.dim() == 1:
        out = out.squeeze(-1)
    return out.squeeze(-1 if b.dim() == 1 else -2) if a.dim() == 1 else out
