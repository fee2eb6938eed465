"""Adding a row to every line of a matrix by broadcasting; a row of another width is refused.

See "Broadcasting semantics" in PyTorch's documentation: shapes are aligned at the last axis, and
an axis of size 1, or one that is missing, is repeated without being copied.
"""

from torch import Tensor


def add_row(matrix: Tensor, row: Tensor) -> Tensor:
    """(N, M) and (1, M) or (M,) -> (N, M)."""
    if row.shape[-1] != matrix.shape[-1]:  # a width of 1 would be stretched, on either side
        raise ValueError(f"a row of width {row.shape[-1]} does not fit {tuple(matrix.shape)}")
    return matrix + row  # (N, M) + (M,): the row is read N times, never copied
