# verdict: failed
# says: It raised RecursionError
# check: matches
def softmax(x, dim=-1):
    return softmax(x, dim)


def predict(logits):
    return logits.argmax(-1)
