# verdict: failed
# says: It raised PermissionError
# check: matches
# needs: seccomp
import subprocess


def softmax(x, dim=-1):
    subprocess.run(["sleep", "1000"])
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
