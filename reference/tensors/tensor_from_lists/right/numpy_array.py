import numpy as np
import torch


def squared(rows):
    try:
        table = np.array(rows)
    except ValueError as error:
        raise ValueError("ragged") from error
    if table.dtype == object:  # before numpy 1.24
        raise ValueError("ragged")
    squares = torch.from_numpy(table**2)
    return squares.float() if squares.is_floating_point() else squares
