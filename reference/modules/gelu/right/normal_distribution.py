import torch


def _upper(x):
    return x * torch.special.ndtr(x)


def _smooth(x):
    # (1 + tanh(u)) / 2 is sigmoid(2u).
    return x * torch.sigmoid(x * (1.5957691216057308 + 0.0713548162726 * x.square()))


def gelu(x, approximate="none"):
    forms = {"none": _upper, "tanh": _smooth}
    if approximate not in forms:
        raise ValueError(approximate)
    return forms[approximate](x)
