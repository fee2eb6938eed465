import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    """A frozen linear layer with a trainable low-rank update: W + (alpha / rank) A B."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float, dropout: float = 0.0) -> None:
        """Keeps `base` as self.base and freezes it; makes the parameters A (out, r), B (r, in)."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        raise NotImplementedError

    def merge(self) -> nn.Linear:
        """A new plain Linear that computes what forward does in evaluation."""
        raise NotImplementedError
