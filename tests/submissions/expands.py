# verdict: failed
# says: too large
# check: matches
import torch


def softmax(x, dim=-1):
    return torch.zeros(()).expand(10**6, 10**6)


def predict(logits):
    return logits.argmax(-1)
