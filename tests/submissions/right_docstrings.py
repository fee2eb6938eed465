# verdict: passed
"""A softmax.

# verdict: failed
def softmax(x): ...

>>> softmax(1)
"""

# fmt: off
'''Another text, not a docstring: "quotes", \\ and {braces}.'''
# fmt: on


def softmax(x, dim=-1):
    r"""Softmax: \frac{e^{x_i}}{\sum_j e^{x_j}}.

    Parameters
    ----------
    x : the logits
    dim : the axis

    raise NotImplementedError
    """
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
