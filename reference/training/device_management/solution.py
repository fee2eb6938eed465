"""Prediction on a device: the model moves in place, the input as a copy, the result comes back."""

import torch
from torch import Tensor, nn


def predict_on(model: nn.Module, x: Tensor, device: str | None = None) -> Tensor:
    """The model's result for x, computed on the device (None: CUDA if it is there), on the CPU."""
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"  # asked in each call
    model.to(device)  # in place: all parameters and buffers
    with torch.no_grad():
        out = model(x.to(device))  # a copy: x itself stays where it is
    # A model may pass x through, with the flag that it has: detach gives a tensor without one.
    return out.detach().cpu()
