# verdict: failed
import torch

torch.set_default_device("meta")


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
