# verdict: failed
# says: It raised KeyboardInterrupt
# check: matches
def softmax(x, dim=-1):
    raise KeyboardInterrupt


def predict(logits):
    return logits.argmax(-1)
