# verdict: forbidden
# says: Line 8.*which this drill forbids
# check: rules
import torch


def softmax(x, dim=-1):
    return getattr(torch, "soft" + "max")(x, dim)


def predict(logits):
    return logits.argmax(-1)
