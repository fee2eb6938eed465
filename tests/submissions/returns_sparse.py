# verdict: failed
# says: another type.*sparse
# check: matches
def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return (weights / weights.sum(dim, keepdim=True)).to_sparse()


def predict(logits):
    return logits.argmax(-1)
