import torch
from torch import Tensor


def add_row(matrix: Tensor, row: Tensor) -> Tensor:
    """One line's sum, mapped over the lines."""
    if row.numel() != matrix.shape[1]:
        raise ValueError(f"{row.numel()} entries for {matrix.shape[1]} columns")
    return torch.vmap(torch.add, in_dims=(0, None))(matrix, row.view(-1))
