# verdict: passed
from functools import partial

import torch

total = partial(torch.sum, keepdim=True)
softmax = lambda x, dim=-1: (w := (x - x.amax(dim, True)).exp()) / total(w, dim=dim)  # noqa: E731
predict = partial(torch.argmax, dim=-1)
