import torch


def rolling_mean(x, window):
    *lead, length = x.shape
    if window not in range(1, length + 1):
        raise ValueError(window)
    kernel = torch.full((1, 1, window), 1 / window, dtype=torch.float64)
    rows = x.reshape(-1, 1, length).double()
    out = torch.nn.functional.conv1d(rows, kernel)
    return out.to(x.dtype).reshape(*lead, length - window + 1)
