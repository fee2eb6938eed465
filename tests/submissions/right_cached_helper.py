# verdict: passed
from functools import cache


@cache
def axis(dim, rank):
    return dim % rank


@cache
def options(keepdim):
    return {"keepdim": keepdim}


def softmax(x, dim=-1):
    dim = axis(dim, x.dim())
    weights = (x - x.amax(dim, **options(True))).exp()
    return weights / weights.sum(dim, **options(True))


def predict(logits):
    return logits.argmax(-1)
