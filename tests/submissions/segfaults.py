# verdict: failed
# says: SIGSEGV
# check: matches
import ctypes


def softmax(x, dim=-1):
    return ctypes.string_at(0)


def predict(logits):
    return logits.argmax(-1)
