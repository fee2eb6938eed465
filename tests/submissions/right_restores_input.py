# verdict: passed
def softmax(x, dim=-1):
    data = x.detach()
    data.neg_().neg_()
    weights = (x - data.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
