# verdict: failed
# says: (ended before it answered|died)
# check: matches
import os


def softmax(x, dim=-1):
    os.close(3)
    return x


def predict(logits):
    return logits.argmax(-1)
