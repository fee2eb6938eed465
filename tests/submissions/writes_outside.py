# verdict: failed
# says: It raised PermissionError
# check: matches
# needs: landlock
def softmax(x, dim=-1):
    with open("@CANARY@", "w") as file:
        file.write("changed")
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
