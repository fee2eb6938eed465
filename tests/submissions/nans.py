# verdict: failed
# says: is nan
# check: matches
def softmax(x, dim=-1):
    return x * float("nan")


def predict(logits):
    return logits.argmax(-1)
