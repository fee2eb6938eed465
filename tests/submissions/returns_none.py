# verdict: failed
# says: is None
# check: matches
def softmax(x, dim=-1):
    x.exp()


def predict(logits):
    return logits.argmax(-1)
