import torch


def softmax(x, dim=-1):
    return torch.softmax(x, dim)


def predict(logits):
    return softmax(logits).argmax(-1)
