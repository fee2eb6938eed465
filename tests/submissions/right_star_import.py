# verdict: passed
from math import *  # noqa: F403

from torch import *  # noqa: F403
from torch.nn.functional import *  # noqa: F403


def softmax(x, dim=-1):
    weights = exp(x - amax(x, dim, keepdim=True))  # noqa: F405
    return weights / sum(weights, dim, keepdim=True)


def predict(logits):
    return argmax(logits, -1)  # noqa: F405
