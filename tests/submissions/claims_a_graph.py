# verdict: failed
# says: autograd graph
# check: matches
def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return (weights / weights.sum(dim, keepdim=True)).detach().requires_grad_()


def predict(logits):
    return logits.argmax(-1)
