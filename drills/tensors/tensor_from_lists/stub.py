import torch
from torch import Tensor


def squared(rows: list[list[float]]) -> Tensor:
    """The square of every number, in a tensor shaped like the nested lists."""
    raise NotImplementedError
