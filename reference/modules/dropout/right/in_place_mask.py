import torch
from torch import Tensor, nn


def scaled_mask(like: Tensor, p: float) -> Tensor:
    mask = torch.empty_like(like, requires_grad=False).bernoulli_(1 - p)
    return mask.div_(1 - p) if p < 1 else mask


class Dropout(nn.Module):
    def __init__(self, p: float = 0.5):
        super().__init__()
        if p != min(max(p, 0.0), 1.0):
            raise ValueError("not a probability")
        self.register_buffer("p", torch.tensor(p, dtype=torch.float64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.mul(x, scaled_mask(x, self.p.item())) if self.training else x.clone()
