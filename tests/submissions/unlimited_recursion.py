# verdict: failed|timeout
# check: matches
import sys

sys.setrecursionlimit(10**8)


def softmax(x, dim=-1):
    return softmax(x + 1, dim)


def predict(logits):
    return logits.argmax(-1)
