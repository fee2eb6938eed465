# verdict: forbidden
# says: which this drill forbids
# check: rules
import torch


def softmax(x, dim=-1):
    rows = x.movedim(dim, -1)
    flat = rows.reshape(-1, rows.shape[-1])
    return torch.vmap(lambda row: row.softmax(-1))(flat).reshape(rows.shape).movedim(-1, dim)


def predict(logits):
    return logits.argmax(-1)
