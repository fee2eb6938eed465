"""best is None before the first number; comparisons spelled out."""

import math

import torch
from torch import nn


class EarlyStopping:
    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        if mode not in {"min", "max"} or patience <= 0 or min_delta < 0.0:
            raise ValueError("bad settings")
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best = self.best_state = None
        self.bad_epochs = 0

    def _better(self, metric: float) -> bool:
        if math.isnan(metric):
            return False
        if self.best is None:
            return True
        if self.mode == "min":
            return metric < self.best - self.min_delta
        return metric > self.best + self.min_delta

    @torch.no_grad()
    def step(self, metric: float, model: nn.Module | None = None) -> bool:
        if not self._better(metric):
            self.bad_epochs += 1
            return self.bad_epochs >= self.patience
        self.best, self.bad_epochs = metric, 0
        if model is not None:
            self.best_state = {k: v.detach().clone() for k, v in model.state_dict().items()}
        return False
