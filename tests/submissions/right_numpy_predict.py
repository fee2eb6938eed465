# verdict: passed
import numpy as np
import torch


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    best = np.argmax(logits.detach().numpy(), axis=-1)
    return torch.from_numpy(np.asarray(best, dtype=np.int64))
