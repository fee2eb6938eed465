# verdict: forbidden
# says: which this drill forbids
# check: rules
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(1)


def softmax(x, dim=-1):
    return POOL.submit(x.softmax, dim).result()


def predict(logits):
    return logits.argmax(-1)
