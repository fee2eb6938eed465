from torch import Tensor, nn


def predict_on(model: nn.Module, x: Tensor, device: str | None = None) -> Tensor:
    """The model's result for x, computed on the device (None: CUDA if it is there), on the CPU."""
    raise NotImplementedError
