# verdict: error|failed
# needs: landlock
from drill.reference.tensors.softmax.solution import softmax  # noqa: F401


def predict(logits):
    return logits.argmax(-1)
