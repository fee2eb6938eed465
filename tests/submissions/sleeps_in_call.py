# verdict: timeout
# says: did not finish in time
# check: matches
import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)


def softmax(x, dim=-1):
    time.sleep(1000)


def predict(logits):
    return logits.argmax(-1)
