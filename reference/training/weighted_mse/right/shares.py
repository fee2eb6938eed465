"""The weights are turned into shares first."""

from torch import Tensor, nn


class WeightedMSELoss(nn.Module):
    def __init__(self, reduction: str = "mean") -> None:
        if reduction != "mean" and reduction != "sum" and reduction != "none":
            raise ValueError(f"unknown reduction: {reduction}")
        super().__init__()
        self.reduction = reduction

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        if len(weight[weight < 0] if weight.dim() else weight[None][weight[None] < 0]):
            raise ValueError("negative weight")
        weight = weight.expand(pred.shape)
        if self.reduction == "mean":
            total = weight.sum()
            if total > 0:
                weight = weight / total
        loss = weight * (target - pred).pow(2)
        return loss if self.reduction == "none" else loss.sum()
