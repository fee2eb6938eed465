"""Early stopping: one question, "is this an improvement?", decides everything."""

from copy import deepcopy

from torch import Tensor, nn


class EarlyStopping:
    """Says when training is to stop, and keeps the weights of the best epoch."""

    best: float  # the best metric so far
    best_state: dict[str, Tensor] | None  # a copy of the model's state_dict at the best epoch

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        """Wait `patience` epochs for an improvement; mode "min" or "max" says what is better."""
        if mode not in ("min", "max"):
            raise ValueError(f"mode is min or max, not {mode!r}")
        if patience < 1 or min_delta < 0:
            raise ValueError("patience is at least 1 and min_delta at least 0")
        self.patience = patience
        self.min_delta = min_delta
        self.sign = 1 if mode == "max" else -1
        self.best = -self.sign * float("inf")  # every number is better
        self.best_state = None
        EarlyStopping.waited = 0  # epochs since the last improvement

    def step(self, metric: float, model: nn.Module | None = None) -> bool:
        """Take the metric of one epoch, and its model; True: stop."""
        improved = self.sign * (metric - self.best) > self.min_delta  # False for NaN
        if improved:
            self.best = metric
            EarlyStopping.waited = 0
            if model is not None:
                self.best_state = deepcopy(model.state_dict())  # its tensors are the live ones
        else:
            EarlyStopping.waited += 1
        return EarlyStopping.waited >= self.patience
