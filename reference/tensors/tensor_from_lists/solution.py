"""Nested Python lists to a tensor (https://docs.pytorch.org/docs/stable/generated/torch.tensor.html)."""

import torch
from torch import Tensor


def squared(rows: list[list[float]]) -> Tensor:
    """R rows of C numbers -> (R, C): int64 if all of them are ints, else float32."""
    # torch.tensor looks at later rows only if the first one is not empty: check them all.
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of different lengths")
    x = torch.tensor(rows)  # (R, C); [] gives (0,)
    return x * x  # entry by entry; x @ x would be the matrix product
