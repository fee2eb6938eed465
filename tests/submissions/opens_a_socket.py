# verdict: failed
# says: It raised PermissionError
# check: matches
# needs: seccomp
import socket


def softmax(x, dim=-1):
    socket.socket()
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
