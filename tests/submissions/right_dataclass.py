# verdict: passed
from dataclasses import dataclass, field
from functools import cached_property

import torch


@dataclass
class Distribution:
    logits: torch.Tensor
    dim: int = -1
    steps: list[str] = field(default_factory=list)

    @cached_property
    def weights(self):
        self.steps.append("weights")
        return (self.logits - self.logits.amax(self.dim, keepdim=True)).exp()

    def probabilities(self):
        return self.weights / self.weights.sum(self.dim, keepdim=True)


def softmax(x, dim=-1):
    return Distribution(x, dim).probabilities()


def predict(logits):
    return logits.argmax(-1)
