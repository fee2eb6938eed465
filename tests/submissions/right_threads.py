# verdict: passed
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import torch

pool = ThreadPoolExecutor(2)


def softmax(x, dim=-1):
    top = pool.submit(x.amax, dim, keepdim=True)
    weights = (x - top.result()).exp()
    return weights / pool.submit(torch.sum, weights, dim, keepdim=True).result()


def predict(logits):
    found = []
    thread = Thread(target=lambda: found.append(logits.argmax(-1)))
    thread.start()
    thread.join()
    return found[0]
