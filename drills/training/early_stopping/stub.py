from torch import Tensor, nn


class EarlyStopping:
    """Says when training is to stop, and keeps the weights of the best epoch."""

    best: float  # the best metric so far
    best_state: dict[str, Tensor] | None  # a copy of the model's state_dict at the best epoch

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        """Wait `patience` epochs for an improvement; mode "min" or "max" says what is better."""
        raise NotImplementedError

    def step(self, metric: float, model: nn.Module | None = None) -> bool:
        """Take the metric of one epoch, and its model; True: stop."""
        raise NotImplementedError
