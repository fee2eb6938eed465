import torch
from torch import nn


class Activation(nn.Module):
    """In float64 inside, rounded once; a sigmoid by hand that can't overflow."""

    def __init__(self, kind):
        super().__init__()
        match kind:
            case "relu" | "gelu" | "swish":
                self.forward = getattr(self, kind)
            case _:
                raise ValueError(kind)

    def relu(self, x):
        return x.masked_fill(x <= 0, 0)

    def gelu(self, x):
        wide = x.double()
        return (wide * torch.distributions.Normal(0.0, 1.0).cdf(wide)).to(x.dtype)

    def swish(self, x):
        wide = x.double()
        small = torch.exp(-wide.abs())
        return (wide * torch.where(wide > 0, 1.0, small) / (1 + small)).to(x.dtype)
