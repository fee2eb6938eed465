# verdict: passed
from torch import nn


class Softmax(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        weights = (x - x.amax(self.dim, keepdim=True)).exp()
        return weights / weights.sum(self.dim, keepdim=True)


def softmax(x, dim=-1):
    return Softmax(dim)(x)


def predict(logits):
    return logits.argmax(-1)
