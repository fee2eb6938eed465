# verdict: failed
# check: matches
import threading


def spin():
    while True:
        pass


threading.Thread(target=spin, daemon=True).start()


def softmax(x, dim=-1):
    return x


def predict(logits):
    return logits.argmax(-1)
