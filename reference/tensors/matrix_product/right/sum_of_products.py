import torch
from torch import Tensor


def matrix_product(a: Tensor, b: Tensor) -> Tensor:
    """Products of rows and columns, all at once, summed in float32 or wider."""
    wide = torch.promote_types(a.dtype, torch.float32)
    rows = torch.atleast_2d(a).to(wide)  # (..., N, K)
    columns = (b.unsqueeze(-1) if b.dim() == 1 else b).to(wide).mT  # (..., M, K)
    if rows.shape[-1] != columns.shape[-1]:
        raise RuntimeError("the inner sizes differ")
    out = (rows.unsqueeze(-2) * columns.unsqueeze(-3)).sum(-1).to(a.dtype)
    out = out.squeeze(-1) if b.dim() == 1 else out
    return out.squeeze(-1 if b.dim() == 1 else -2) if a.dim() == 1 else out
