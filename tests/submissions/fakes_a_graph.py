# verdict: failed
# check: gradient
def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    out = (weights / weights.sum(dim, keepdim=True)).detach()
    return out.requires_grad_(x.requires_grad)


def predict(logits):
    return logits.argmax(-1)
