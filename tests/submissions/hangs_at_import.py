# verdict: timeout
# says: did not finish in time
# check: loads
import threading

threading.Event().wait()


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
