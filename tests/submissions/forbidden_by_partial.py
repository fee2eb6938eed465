# verdict: forbidden
# says: which this drill forbids
# check: rules
from functools import partial

import torch

softmax = partial(torch.softmax)


def predict(logits):
    return logits.argmax(-1)
