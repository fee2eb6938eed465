# verdict: failed
# says: It raised OSError
# check: matches
def softmax(x, dim=-1):
    with open("big", "wb") as file:
        file.truncate(1 << 34)


def predict(logits):
    return logits.argmax(-1)
