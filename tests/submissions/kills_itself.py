# verdict: failed
# says: SIGSEGV
# check: matches
import os
import signal


def softmax(x, dim=-1):
    os.kill(os.getpid(), signal.SIGSEGV)


def predict(logits):
    return logits.argmax(-1)
