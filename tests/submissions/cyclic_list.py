# verdict: failed
# says: another type|can't be read
# check: matches
def softmax(x, dim=-1):
    out = []
    out.extend([out] * 10)
    return out


def predict(logits):
    return logits.argmax(-1)
