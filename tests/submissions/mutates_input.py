# verdict: failed
# says: modified its argument `x`
# check: matches
def softmax(x, dim=-1):
    kept = x.detach()
    weights = kept.sub_(kept.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
