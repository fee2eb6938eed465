import math

import torch
from torch import Tensor


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"unknown form: {approximate}")
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    if approximate == "tanh":
        cubed = torch.pow(wide, 3)
        weight = 0.5 * (1.0 + torch.tanh(0.7978845608028654 * (wide + 0.044715 * cubed)))
    else:
        weight = 0.5 + 0.5 * torch.erf(wide * math.sqrt(0.5))
    return torch.mul(wide, weight).type_as(x)
