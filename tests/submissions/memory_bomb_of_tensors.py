# verdict: failed
# says: It raised RuntimeError.*memory
# check: matches
import torch


def softmax(x, dim=-1):
    held = []
    while True:
        held.append(torch.empty(1 << 26))


def predict(logits):
    return logits.argmax(-1)
