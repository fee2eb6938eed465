# verdict: failed
# says: It raised (PermissionError|FileNotFoundError)
# check: matches
# needs: landlock
from pathlib import Path


def softmax(x, dim=-1):
    folder = Path("@REFERENCE@").parent
    list(folder.parent.iterdir())
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
