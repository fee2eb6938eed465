# verdict: error
# says: It can't be imported.*ModuleNotFoundError.*line 4
# check: loads
import no_such_module_anywhere  # noqa: F401


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
