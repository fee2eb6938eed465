# verdict: failed
# says: It raised PermissionError
# check: matches
# needs: landlock
import os


def softmax(x, dim=-1):
    os.remove("@CANARY@")
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
