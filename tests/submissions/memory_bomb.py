# verdict: failed
# says: out of memory
# check: matches
def softmax(x, dim=-1):
    return bytearray(1 << 42)


def predict(logits):
    return logits.argmax(-1)
