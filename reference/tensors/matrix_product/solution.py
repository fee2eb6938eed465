"""The product of vectors, matrices and batches of matrices, by the library's own rules.

See torch.matmul in PyTorch's documentation, which follows NumPy's `@` (PEP 465): matrices stand in
the last two axes, leading axes broadcast, and the axis added to a vector is taken off again.
"""

import torch
from torch import Tensor


def matrix_product(a: Tensor, b: Tensor) -> Tensor:
    """(..., N, K), (..., K, M) -> (..., N, M); a vector (K,) takes its axis out of the result."""
    return torch.matmul(a, b)  # mm takes 2 axes, bmm 3, dot 1; einsum would stretch a K of 1
