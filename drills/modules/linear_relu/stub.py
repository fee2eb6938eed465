from torch import Tensor, nn


class LinearReLU(nn.Module):
    """A linear layer, `self.linear`, and a ReLU behind it."""

    def __init__(self, in_features: int, out_features: int) -> None:
        """Makes `self.linear`: weight (out_features, in_features) and bias (out_features,)."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) -> (..., out_features)."""
        raise NotImplementedError
