# verdict: passed
from __future__ import annotations


def softmax(x: Tensor[Any, "B T"] | None, dim: int = -1) -> Tensor:  # noqa: F722, F821
    weights: Tensor = (x - x.amax(dim, keepdim=True)).exp()  # noqa: F821
    return weights / weights.sum(dim, keepdim=True)


def predict(logits):
    return logits.argmax(-1)
