"""Weighted squared error: a weighted mean divides by the sum of its weights."""

from torch import Tensor, nn


class WeightedMSELoss(nn.Module):
    """The squared error, each element counted with its weight."""

    def __init__(self, reduction: str = "mean") -> None:
        """Take "mean" (the weighted mean), "sum" or "none"; anything else raises ValueError."""
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction is mean, sum or none, not {reduction!r}")
        self.reduction = reduction

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """The loss of pred and target of one shape, to which weight broadcasts."""
        if (weight < 0).any():
            raise ValueError("weights must not be negative")
        loss = weight * (pred - target) ** 2  # (...)
        if self.reduction == "none":
            return loss
        summed = loss.sum()  # 0-d
        if self.reduction == "sum":
            return summed
        total = weight.expand_as(loss).sum()  # counts a weight as often as it is used
        if total == 0:  # so all weights are 0, and this is a 0 that has a graph
            return summed
        return summed / total
