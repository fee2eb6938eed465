import math


class Value:
    """Each result holds a function that hands its slope on to its inputs."""

    def __init__(self, data):
        self.data = data
        self.grad = 0
        self.flow = 0.0
        self.inputs = ()
        self.hand_on = lambda: None

    def _combine(self, other, data, slope, other_slope=0.0):
        out = Value(data)
        out.inputs = (self, other)

        def hand_on():
            self.flow += slope * out.flow
            other.flow += other_slope * out.flow

        out.hand_on = hand_on
        return out

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._combine(other, self.data + other.data, 1, 1)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._combine(other, self.data * other.data, other.data, self.data)

    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        quotient = self.data / other.data
        return self._combine(other, quotient, 1 / other.data, -quotient / other.data)

    def __rtruediv__(self, other):
        return Value(other) / self

    def __pow__(self, n):
        return self._combine(
            Value(n), self.data**n, n * self.data**n / self.data if self.data else float(n == 1)
        )

    def exp(self):
        e = math.exp(self.data)
        return self._combine(Value(0), e, e)

    def tanh(self):
        t = math.tanh(self.data)
        return self._combine(Value(0), t, (1 - t) * (1 + t))

    def relu(self):
        on = self.data > 0
        return self._combine(Value(0), self.data if on else 0, on)

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self):
        """Kahn's order: a node hands on when all its uses have reported."""
        uses, todo = {self: 0}, [self]
        while todo:
            for one in todo.pop().inputs:
                if one not in uses:
                    uses[one] = 0
                    todo.append(one)
                uses[one] += 1
        for node in uses:
            node.flow = 0.0
        self.flow, ready = 1.0, [self]
        while ready:
            node = ready.pop()
            node.grad += node.flow
            node.hand_on()
            for one in node.inputs:
                uses[one] -= 1
                if uses[one] == 0:
                    ready.append(one)
