# verdict: forbidden
# says: which this drill forbids
# check: rules
import torch


@torch.jit.script
def softmax(x, dim: int = -1):
    return torch.softmax(x, dim)


def predict(logits):
    return logits.argmax(-1)
