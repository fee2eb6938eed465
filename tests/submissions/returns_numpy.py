# verdict: failed
# says: another type.*numpy
# check: matches
def softmax(x, dim=-1):
    return x.detach().numpy()


def predict(logits):
    return logits.argmax(-1)
