import torch


def rolling_mean(x, window):
    count = x.shape[-1] - window + 1
    if window < 1 or count < 1:
        raise ValueError("window")
    return torch.stack([x[..., i : i + window].mean(-1) for i in range(count)], -1)
