# verdict: failed
# check: matches
import torch


def softmax(x, dim=-1):
    return torch.zeros_like(x)


def predict(logits):
    return logits.argmax(-1)
