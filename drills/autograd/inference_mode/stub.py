import torch
from torch import Tensor, nn


def run_inference(model: nn.Module, x: Tensor) -> Tensor:
    """model(x) as in production: evaluation mode, no autograd; the model is left as it came."""
    raise NotImplementedError
