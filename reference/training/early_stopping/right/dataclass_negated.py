"""A dataclass that always maximises, with the sign turned for min."""

from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass
class EarlyStopping:
    patience: int
    min_delta: float = 0.0
    mode: str = "min"
    best: float | None = field(init=False, default=None)
    best_state: dict[str, Tensor] | None = field(init=False, default=None)
    left: int = field(init=False)

    def __post_init__(self) -> None:
        sane = self.patience >= 1 and self.min_delta >= 0 and self.mode in ["min", "max"]
        if not sane:
            raise ValueError(self)
        self.left = self.patience

    def step(self, metric: float, model: nn.Module | None = None) -> bool:
        sign = {"min": -1.0, "max": 1.0}[self.mode]
        value = sign * metric
        threshold = -float("inf") if self.best is None else sign * self.best + self.min_delta
        if value > threshold:
            self.best, self.left = metric, self.patience
            if model is not None:
                state = model.state_dict()
                self.best_state = dict(zip(state, map(Tensor.clone, state.values()), strict=True))
        else:
            self.left -= 1
        return self.left <= 0
