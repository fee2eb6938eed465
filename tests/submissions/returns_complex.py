# verdict: failed
# says: complex64
# check: matches
import torch


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return (weights / weights.sum(dim, keepdim=True)).to(torch.complex64)


def predict(logits):
    return logits.argmax(-1)
