"""Remembers at which epoch the best was, and copies the whole model."""

import copy

from torch import nn


class EarlyStopping:
    best = float("nan")
    best_state = None

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        if mode == "min":
            self.gain = lambda metric: self.best - metric
        elif mode == "max":
            self.gain = lambda metric: metric - self.best
        else:
            raise ValueError(mode)
        if patience < 1:
            raise ValueError(patience)
        if min_delta < 0:
            raise ValueError(min_delta)
        self.patience, self.min_delta = patience, min_delta
        self.epoch = self.best_epoch = 0

    def step(self, metric: float, model: nn.Module | None = None) -> bool:
        self.epoch += 1
        first = self.best != self.best and metric == metric
        if first or self.gain(metric) > self.min_delta:
            self.best, self.best_epoch = metric, self.epoch
            if model is not None:
                self.best_state = copy.deepcopy(model).state_dict()
        return self.epoch - self.best_epoch >= self.patience
