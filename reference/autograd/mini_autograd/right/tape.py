import math
from fractions import Fraction

TAPE = []


class Value:
    """Every operation goes on one tape, and a pass reads it from its end."""

    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0

    def _record(self, data, *edges):
        out = Value(data)
        TAPE.append((out, edges))
        return out

    @staticmethod
    def _lift(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._lift(other)
        return self._record(self.data + other.data, (self, 1.0), (other, 1.0))

    def __radd__(self, other):
        return self._lift(other) + self

    def __sub__(self, other):
        other = self._lift(other)
        return self._record(self.data - other.data, (self, 1.0), (other, -1.0))

    def __rsub__(self, other):
        return self._lift(other) - self

    def __mul__(self, other):
        other = self._lift(other)
        return self._record(self.data * other.data, (self, other.data), (other, self.data))

    def __rmul__(self, other):
        return self._lift(other) * self

    def __truediv__(self, other):
        other = self._lift(other)
        slope = -self.data / (other.data * other.data)
        return self._record(self.data / other.data, (self, 1 / other.data), (other, slope))

    def __rtruediv__(self, other):
        return self._lift(other) / self

    def __pow__(self, n):
        less = float(Fraction(n) - 1)
        slope = n * self.data**less if n else 0.0
        return self._record(self.data**n, (self, slope))

    def exp(self):
        data = math.exp(self.data)
        return self._record(data, (self, data))

    def tanh(self):
        data = math.tanh(self.data)
        return self._record(data, (self, 1 - data * data))

    def relu(self):
        return self._record(self.data * (self.data > 0), (self, 1.0 * (self.data > 0)))

    def backward(self):
        slopes = {id(self): 1.0}
        self.grad = 1.0
        touched = {}
        for out, edges in reversed(TAPE):
            upstream = slopes.get(id(out))
            if upstream is None:
                continue
            touched[id(out)] = out
            for node, slope in edges:
                slopes[id(node)] = slopes.get(id(node), 0.0) + slope * upstream
                touched[id(node)] = node
        for key, node in touched.items():
            node.grad = slopes[key]
