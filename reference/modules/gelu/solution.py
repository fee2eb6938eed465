"""GELU (Hendrycks and Gimpel, 2016): x times the probability that a normal variable is below x."""

import math

import torch
from torch import Tensor


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """The exact GELU of every entry of x, or with approximate="tanh" its tanh form."""
    if approximate == "none":
        # The normal distribution function is (1 + erf(x / sqrt(2))) / 2.
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
    if approximate == "tanh":
        # math.sqrt gives a Python number: it rounds to the dtype of x, whichever that is.
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + torch.tanh(inner))
    raise ValueError(f"approximate must be 'none' or 'tanh', not {approximate!r}")
