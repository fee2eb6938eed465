"""No branch on the data: a denominator of 1 where there is no weight."""

import torch
from torch import Tensor, nn


class WeightedMSELoss(nn.Module):
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in {"mean", "sum", "none"}:
            raise ValueError(reduction)
        self.reduction = reduction

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        if bool(torch.any(torch.lt(weight, 0))):
            raise ValueError("negative weight")
        pred, target, weight = torch.broadcast_tensors(pred, target, weight)
        squares = nn.functional.mse_loss(pred, target, reduction="none") * weight
        if self.reduction == "none":
            return squares
        if self.reduction == "sum":
            return squares.sum()
        total = weight.sum()
        return squares.sum() / torch.where(total > 0, total, torch.ones_like(total))
