# verdict: timeout
# says: did not finish in time
# check: matches
def softmax(x, dim=-1):
    while True:
        pass


def predict(logits):
    return logits.argmax(-1)
