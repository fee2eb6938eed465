"""Inference in the middle of training: evaluation mode, no autograd, and everything put back.

See "Autograd mechanics" in PyTorch's documentation: evaluation mode and grad modes are unrelated.
"""

import torch
from torch import Tensor, nn


def run_inference(model: nn.Module, x: Tensor) -> Tensor:
    """model(x) in evaluation mode and without autograd; the model is left as it came."""
    # A flag for each module: model.train() afterwards would wake up layers that were frozen.
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            return model(x)
    finally:  # also where forward raises
        for module, mode in modes:
            module.training = mode  # module.train(mode) would set its children as well
