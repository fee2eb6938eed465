import torch


def squared_distances(x, y):
    wide = torch.promote_types(x.dtype, torch.float32)
    out = torch.zeros(x.shape[0], y.shape[0], dtype=wide, device=x.device)
    for a, b in zip(x.to(wide).unbind(1), y.to(wide).unbind(1), strict=True):
        out = out + (a[:, None] - b[None, :]) ** 2
    return out.to(x.dtype)
