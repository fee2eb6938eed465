"""Computed in float32 or better, rounded once."""

import torch
from torch import Tensor, nn


class WeightedMSELoss(nn.Module):
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduce = {"mean": self._mean, "sum": self._sum, "none": self._none}.get(reduction)
        if self.reduce is None:
            raise ValueError(f"no reduction {reduction}")

    def _none(self, loss: Tensor, weight: Tensor) -> Tensor:
        return loss

    def _sum(self, loss: Tensor, weight: Tensor) -> Tensor:
        return loss.sum()

    def _mean(self, loss: Tensor, weight: Tensor) -> Tensor:
        total = (weight * torch.ones_like(loss)).sum()
        return loss.sum() / total.clamp(min=torch.finfo(total.dtype).tiny)

    def forward(self, pred: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        if weight.lt(0).any().item():
            raise ValueError("negative")
        dtype = torch.promote_types(pred.dtype, torch.float32)
        error = pred.to(dtype) - target.to(dtype)
        wide = weight.to(dtype)
        return self.reduce(wide * error.square(), wide).to(pred.dtype)
