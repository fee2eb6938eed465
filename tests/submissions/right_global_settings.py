# verdict: passed
import random
import sys

import numpy
import torch

sys.setrecursionlimit(10**6)
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_num_threads(2)
torch.set_printoptions(precision=1)
torch.manual_seed(0)
numpy.seterr(all="raise")
random.seed(0)


def softmax(x, dim=-1):
    weights = (x - x.amax(dim, keepdim=True)).exp()
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
