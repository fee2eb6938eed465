# verdict: failed
# check: matches
import torch


class Broken(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        raise KeyError("no")


def softmax(x, dim=-1):
    return x.as_subclass(Broken)


def predict(logits):
    return logits.argmax(-1)
