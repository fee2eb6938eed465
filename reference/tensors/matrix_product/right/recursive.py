import torch


def matrix_product(a, b):
    """Leading axes are broadcast and walked over; a matrix is multiplied column by column."""
    if a.dim() == 1 and b.dim() == 1:
        if len(a) != len(b):
            raise ValueError("vectors of different lengths")
        return (a * b).sum()
    if b.dim() == 1:
        return torch.stack([matrix_product(row, b) for row in a])
    if a.dim() == 1:
        return matrix_product(a[None], b).squeeze(-2)
    if a.dim() == 2 and b.dim() == 2:
        columns = [matrix_product(a, column) for column in b.unbind(1)]
        return torch.stack(columns, dim=1)
    lead = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = a.expand(*lead, *a.shape[-2:]), b.expand(*lead, *b.shape[-2:])
    return torch.stack([matrix_product(*pair) for pair in zip(a, b, strict=True)])
