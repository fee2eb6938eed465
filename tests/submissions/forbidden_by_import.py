# verdict: forbidden
# says: which this drill forbids
# check: rules
from torch.nn.functional import softmax  # noqa: F401


def predict(logits):
    return logits.argmax(-1)
