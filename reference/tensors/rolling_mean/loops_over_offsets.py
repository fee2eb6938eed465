import torch


def rolling_mean(x, window):
    count = x.shape[-1] - window + 1
    if window < 1 or count < 1:
        raise ValueError("window")
    total = torch.zeros_like(x[..., :count], dtype=torch.float64)
    for shift in range(window):
        total = total + x[..., shift : shift + count]
    return (total / window).to(x.dtype)
