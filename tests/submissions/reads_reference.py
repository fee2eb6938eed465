# verdict: failed
# says: It raised (PermissionError|FileNotFoundError)
# check: matches
# needs: landlock
def softmax(x, dim=-1):
    with open("@REFERENCE@") as file:
        names = {}
        exec(file.read(), names)
    return names["softmax"](x, dim)


def predict(logits):
    return logits.argmax(-1)
