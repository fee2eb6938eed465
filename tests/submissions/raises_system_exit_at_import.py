# verdict: error
# says: It can't be imported.*SystemExit
# check: loads
import sys

sys.exit(0)


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
