import torch


def matrix_product(a, b):
    """einsum stretches sizes of 1, so the inner sizes are compared first."""
    left = a if a.dim() > 1 else a[None]
    right = b if b.dim() > 1 else b[:, None]
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"{tuple(a.shape)} and {tuple(b.shape)} do not fit")
    out = torch.einsum("...nk,...km->...nm", left, right)
    out = out if b.dim() > 1 else out[..., 0]
    return out if a.dim() > 1 else (out[..., 0, :] if b.dim() > 1 else out[..., 0])
