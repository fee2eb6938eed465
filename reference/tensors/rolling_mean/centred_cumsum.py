import torch


def rolling_mean(x, window):
    if not 1 <= window <= x.shape[-1]:
        raise ValueError("window")
    wide = x.float() if x.element_size() == 2 else x
    centre = wide.mean(-1, keepdim=True)
    sums = torch.nn.functional.pad((wide - centre).cumsum(-1), (1, 0))
    return (centre + (sums[..., window:] - sums[..., :-window]) / window).to(x.dtype)
