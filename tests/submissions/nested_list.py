# verdict: failed
# says: another type
# check: matches
def softmax(x, dim=-1):
    out = x
    for _ in range(10_000):
        out = [out]
    return out


def predict(logits):
    return logits.argmax(-1)
