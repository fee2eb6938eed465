import torch


def rolling_mean(x, window):
    if not 1 <= window <= x.shape[-1]:
        raise ValueError("window")
    wide = x.float() if x.element_size() == 2 else x
    sums = torch.nn.functional.pad(wide.cumsum(-1), (1, 0))
    return ((sums[..., window:] - sums[..., :-window]) / window).to(x.dtype)
