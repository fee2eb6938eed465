# verdict: forbidden
# says: which this drill forbids
# check: rules
import torch

softmax = eval("lambda x, dim=-1: torch.softmax(x, dim)", {"torch": torch})


def predict(logits):
    return logits.argmax(-1)
