from torch import Tensor


def matrix_product(a: Tensor, b: Tensor) -> Tensor:
    """The product of vectors, matrices and batches of matrices; leading axes broadcast."""
    raise NotImplementedError
