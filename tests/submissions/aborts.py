# verdict: failed
# says: SIGABRT
# check: matches
import os


def softmax(x, dim=-1):
    os.abort()


def predict(logits):
    return logits.argmax(-1)
