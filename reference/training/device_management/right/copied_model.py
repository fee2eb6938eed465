import copy

import torch
from torch import nn


class Predictor:
    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self.device = device
        self.model = copy.deepcopy(model).to(device=device).eval()

    def __call__(self, x):
        with torch.no_grad():
            return self.model(x.to(device=self.device)).detach()


def predict_on(model, x, device=None):
    if device is None:
        device = ("cpu", "cuda")[torch.cuda.is_available()]
    return Predictor(model, torch.device(device))(x).to(torch.device("cpu"))
