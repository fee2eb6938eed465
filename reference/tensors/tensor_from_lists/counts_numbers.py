import torch


def squared(rows):
    shape = (len(rows), len(rows[0])) if rows else (0,)
    flat = [number for row in rows for number in row]
    if rows and len(flat) != shape[0] * shape[1]:
        raise ValueError("rows of different lengths")
    return torch.tensor(flat).reshape(shape) ** 2
