from __future__ import annotations

import math


class Value:
    """A number that remembers how it was made: + - * / with Values and numbers, ** a number."""

    data: float
    grad: float

    def __init__(self, data: float) -> None:
        """A leaf: `data` is the number, `grad` is 0 until a backward pass."""
        raise NotImplementedError

    # The operators go here: + - * / with a Value or a number on either side, and ** a number.

    def exp(self) -> Value:
        """e to the power of self."""
        raise NotImplementedError

    def tanh(self) -> Value:
        """The hyperbolic tangent of self."""
        raise NotImplementedError

    def relu(self) -> Value:
        """self if positive, else 0."""
        raise NotImplementedError

    def backward(self) -> None:
        """Put d self / d node into the `grad` of every node that self depends on."""
        raise NotImplementedError
