import torch


def add_row(matrix, row):
    """A column of ones times the row, plus the matrix."""
    row = row.reshape(1, -1)
    if row.size(1) != matrix.size(1):
        raise RuntimeError(f"widths {row.size(1)} and {matrix.size(1)}")
    ones = torch.ones((matrix.size(0), 1), dtype=matrix.dtype)
    return matrix + ones @ row
