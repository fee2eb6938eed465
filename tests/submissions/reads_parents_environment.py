# verdict: failed
# says: It raised (PermissionError|FileNotFoundError)
# check: matches
# needs: landlock
import os


def softmax(x, dim=-1):
    with open(f"/proc/{os.getppid()}/environ", "rb") as file:
        file.read()
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
