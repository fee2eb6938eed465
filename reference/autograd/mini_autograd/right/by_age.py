from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field

ages = itertools.count()


@dataclass(eq=False)
class Value:
    """A result is younger than its inputs: handing on from the youngest is in order."""

    data: float
    grad: float = 0.0
    inputs: list = field(default_factory=list, repr=False)
    slopes: list = field(default_factory=list, repr=False)
    age: int = field(default_factory=ages.__next__)

    def __lt__(self, other: Value) -> bool:
        return self.age > other.age

    def apply(self, function, *slopes, other=None) -> Value:
        return Value(function, 0.0, [self] if other is None else [self, other], list(slopes))

    def __add__(self, other):
        if isinstance(other, Value):
            return self.apply(self.data + other.data, 1.0, 1.0, other=other)
        return self.apply(self.data + other, 1.0)

    def __sub__(self, other):
        if isinstance(other, Value):
            return self.apply(self.data - other.data, 1.0, -1.0, other=other)
        return self.apply(self.data - other, 1.0)

    def __mul__(self, other):
        if isinstance(other, Value):
            return self.apply(self.data * other.data, other.data, self.data, other=other)
        return self.apply(self.data * other, other)

    def __truediv__(self, other):
        return self * (other**-1)

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return self.apply(other - self.data, -1.0)

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return self.apply(other / self.data, -other / self.data**2)

    def __pow__(self, n):
        return self.apply(self.data**n, n * self.data ** (n - 1))

    def exp(self):
        return self.apply(math.exp(self.data), math.exp(self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return self.apply(t, 1 - t * t)

    def relu(self):
        return self.apply(self.data, 1.0) if self.data > 0 else self.apply(0.0, 0.0)

    def backward(self):
        """Overwrites .grad: a pass is the root's alone."""
        found, heap = {self: 1.0}, [self]
        while heap:
            node = heapq.heappop(heap)
            node.grad = found[node]
            for one, slope in zip(node.inputs, node.slopes, strict=True):
                if one not in found:
                    found[one] = 0.0
                    heapq.heappush(heap, one)
                found[one] += slope * node.grad
