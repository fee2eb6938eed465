import torch


def matrix_product(a, b):
    if a.dtype in (torch.float32, torch.float64):
        return torch.matmul(a, b)
    rows = a if a.dim() > 1 else a[None]
    columns = b if b.dim() > 1 else b[:, None]
    if rows.shape[-1] != columns.shape[-2]:
        raise ValueError("the inner sizes differ")
    out = rows[..., :1] * columns[..., :1, :]
    for k in range(1, rows.shape[-1]):
        out = out + rows[..., k : k + 1] * columns[..., k : k + 1, :]
    out = out.squeeze(-1) if b.dim() == 1 else out
    return out.squeeze(-1 if b.dim() == 1 else -2) if a.dim() == 1 else out
