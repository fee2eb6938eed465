"""Reverse-mode differentiation of scalars: a graph of local slopes, walked backwards once."""

from __future__ import annotations

import math


class Value:
    """A number that remembers how it was made: + - * / with Values and numbers, ** a number."""

    data: float
    grad: float

    def __init__(self, data: float) -> None:
        """A leaf: `data` is the number, `grad` is 0 until a backward pass."""
        self.data = float(data)
        self.grad = 0.0
        self._inputs: tuple[tuple[Value, float], ...] = ()  # (input, d self / d input)

    @staticmethod
    def _made(data: float, *inputs: tuple[Value, float]) -> Value:
        """A result, with its inputs and its slope in each of them."""
        result = Value(data)
        result._inputs = inputs
        return result

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value._made(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value._made(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, power: float) -> Value:
        return Value._made(self.data**power, (self, power * self.data ** (power - 1)))

    # The rest is made of these three, also with the number on the left.
    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other: Value | float) -> Value:
        return self + other * -1

    def __rsub__(self, other: float) -> Value:
        return self * -1 + other

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1

    def __rtruediv__(self, other: float) -> Value:
        return self**-1 * other

    def exp(self) -> Value:
        """e to the power of self."""
        result = math.exp(self.data)
        return Value._made(result, (self, result))

    def tanh(self) -> Value:
        """The hyperbolic tangent of self."""
        result = math.tanh(self.data)
        return Value._made(result, (self, 1 - result**2))

    def relu(self) -> Value:
        """self if positive, else 0."""
        return Value._made(max(self.data, 0.0), (self, float(self.data > 0)))

    def _ordered(self) -> list[Value]:
        """Every node that self depends on, once, and each after all of its inputs.

        Depth first with a stack of its own: Python's would end at a depth of about 1000.
        """
        order: list[Value] = []
        seen: set[Value] = set()
        stack = [(self, False)]
        while stack:
            node, inputs_done = stack.pop()
            if inputs_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((before, False) for before, _ in node._inputs)
        return order

    def backward(self) -> None:
        """Put d self / d node into the `grad` of every node that self depends on."""
        order = self._ordered()
        # This pass's own sums: `grad` may still hold an earlier pass, also where nobody can see it.
        slopes = dict.fromkeys(order, 0.0)
        slopes[self] = 1.0
        for node in reversed(order):  # each after all that use it, so its sum is complete
            node.grad += slopes[node]
            for before, slope in node._inputs:
                slopes[before] += slope * slopes[node]
