import torch


def squared(rows):
    width = len(rows[0]) if rows else 0
    if any(len(row) - width for row in rows):
        raise ValueError("every row must have the same length")
    flat = [number for row in rows for number in row]
    shape = (len(rows), width) if rows else (0,)
    if any(isinstance(number, float) for number in flat):
        x = torch.tensor(flat, dtype=torch.float64)
        return torch.einsum("i,i->i", x, x).reshape(shape).to(torch.float32)
    return torch.tensor(flat, dtype=torch.int64).pow(2).reshape(shape)
