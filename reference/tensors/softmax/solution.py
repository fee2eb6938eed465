"""Softmax: exp(x_i) / sum_j exp(x_j), shifted by each slice's maximum so that nothing overflows."""

from torch import Tensor


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Probabilities along `dim`, in the dtype of x."""
    shifted = x - x.amax(dim, keepdim=True)  # exp of at most 0: no overflow, a sum of at least 1
    weights = shifted.exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits: Tensor) -> Tensor:
    """The index of the largest probability: (..., V) -> (...)."""
    return softmax(logits).argmax(-1)
