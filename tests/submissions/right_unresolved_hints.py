# verdict: passed
def softmax(x: "Tensor[float, 'B T']", dim: "no.such.type" = -1) -> "Nothing":  # noqa: F722, F821
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
