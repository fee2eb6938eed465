import torch


class Value:
    def __init__(self, data):
        given = isinstance(data, torch.Tensor)
        self.tensor = data if given else torch.tensor(float(data), dtype=torch.float64)
        if not given:
            self.tensor.requires_grad_()
        self.tensor.retain_grad()

    @property
    def data(self):
        return self.tensor.item()

    @property
    def grad(self):
        return 0.0 if self.tensor.grad is None else self.tensor.grad.item()

    @grad.setter
    def grad(self, value):
        self.tensor.grad = torch.full_like(self.tensor, value).detach()

    def __add__(self, other):
        return Value(self.tensor + getattr(other, "tensor", other))

    def __mul__(self, other):
        return Value(self.tensor * getattr(other, "tensor", other))

    def __pow__(self, power):
        return Value(self.tensor**power)

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):
        return self * -1 + other

    def __truediv__(self, other):
        return Value(self.tensor / getattr(other, "tensor", other))

    def __rtruediv__(self, other):
        return Value(other / self.tensor)

    def exp(self):
        return Value(self.tensor.exp())

    def tanh(self):
        return Value(self.tensor.tanh())

    def relu(self):
        return Value(self.tensor.relu())

    def backward(self):
        self.tensor.backward(retain_graph=True)
