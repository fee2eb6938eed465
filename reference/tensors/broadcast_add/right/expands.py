import torch
from torch import Tensor


def add_row(matrix: Tensor, row: Tensor) -> Tensor:
    lines, width = matrix.shape
    return torch.add(row.reshape(1, width).expand(lines, width), matrix)
