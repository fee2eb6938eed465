# verdict: failed
# says: Not written yet
# check: matches
class NotImplementedError(Exception):
    pass


def softmax(x, dim=-1):
    raise NotImplementedError("passed")


def predict(logits):
    return logits.argmax(-1)
