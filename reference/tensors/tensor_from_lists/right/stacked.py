import torch


class Ragged(ValueError):
    pass


def squared(rows):
    if not rows:
        return torch.zeros(0)
    if min(map(len, rows)) < max(map(len, rows)):
        raise Ragged
    dtypes = [torch.tensor(row).dtype for row in rows if row] or [torch.float32]
    dtype = torch.int64 if set(dtypes) == {torch.int64} else torch.float32
    return torch.stack([torch.tensor(row, dtype=dtype) for row in rows]).square()
