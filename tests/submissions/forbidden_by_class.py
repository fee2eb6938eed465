# verdict: forbidden
# says: which this drill forbids
# check: rules
from torch import nn


def softmax(x, dim=-1):
    return nn.Softmax(dim)(x)


def predict(logits):
    return logits.argmax(-1)
