import torch
from torch import Tensor


def squared(rows: list[list[float]]) -> Tensor:
    for row in rows:
        if len(row) != len(rows[0]):
            raise ValueError(f"a row of {len(row)} numbers beside one of {len(rows[0])}")
    squares = [[number * number for number in row] for row in rows]
    whole = all(isinstance(number, int) for row in rows for number in row)
    return torch.tensor(squares, dtype=torch.int64 if whole else torch.float32)
