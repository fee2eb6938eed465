# verdict: passed
def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)


if __name__ == "__main__":
    import sys

    print(softmax("not a tensor"))
    sys.exit(1)
