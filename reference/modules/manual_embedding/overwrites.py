import torch


class Lookup(torch.autograd.Function):
    @staticmethod
    def forward(ctx, ids, table):
        ctx.save_for_backward(ids, table)
        return table[ids]

    @staticmethod
    def backward(ctx, upstream):
        ids, table = ctx.saved_tensors
        grad = torch.zeros_like(table)
        grad[ids] = upstream
        return None, grad


def embed(ids, table):
    if ((ids < 0) | (ids >= table.shape[0])).any():
        raise IndexError("an id is out of range")
    return Lookup.apply(ids, table)
