# verdict: failed
# says: modified its argument `x`
# check: matches
def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    x.detach_().requires_grad_()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
