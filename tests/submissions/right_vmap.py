# verdict: passed
import torch


def one(row):
    weights = (row - row.amax(-1)).exp()
    return weights / weights.sum(-1)


def softmax(x, dim=-1):
    rows = x.movedim(dim, -1)
    out = torch.vmap(one)(rows.reshape(-1, rows.shape[-1]))
    return out.reshape(rows.shape).movedim(-1, dim)


def predict(logits):
    return logits.argmax(-1)
