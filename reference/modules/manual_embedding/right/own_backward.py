import torch
from torch import Tensor


class Lookup(torch.autograd.Function):
    @staticmethod
    def forward(ctx, ids, table):
        ctx.save_for_backward(ids)
        ctx.rows = table.shape[0]
        return table[ids.long()].clone()

    @staticmethod
    def backward(ctx, upstream):
        (ids,) = ctx.saved_tensors
        flat = upstream.reshape(-1, upstream.shape[-1])
        total = flat.new_zeros(ctx.rows, flat.shape[1])
        return None, total.index_add_(0, ids.reshape(-1).long(), flat)


def embed(ids: Tensor, table: Tensor) -> Tensor:
    """The scatter-add of the backward pass written out."""
    inside = (ids >= 0) & (ids < len(table))
    if not bool(inside.all()):
        raise IndexError(f"{int((~inside).sum())} ids are out of range")
    return Lookup.apply(ids, table)
