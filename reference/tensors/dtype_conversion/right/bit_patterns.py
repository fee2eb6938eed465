import torch

_WORDS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def cast(x, dtype):
    """Floats to floats by their bits on the way back, all else by exact tests."""
    y = x.to(dtype, copy=True)
    if x.is_floating_point() and y.is_floating_point():
        back = y.to(x.dtype).contiguous().view(_WORDS[x.element_size()])
        same = back == x.contiguous().view(_WORDS[x.element_size()])
        same = same | (x.isnan() & y.isnan()) | ((x == 0) & (y == 0))
    elif x.is_floating_point():
        whole = x.isfinite() & (x.frac() == 0) & (x.double().abs() <= 2.0**63)
        fits = torch.where(whole & (x < 2.0**63), x, 0).long() == y.long()
        same = whole & (x < 2.0**63) & fits
    elif y.is_floating_point():
        inside = y.double().abs() <= 2.0**63
        back = torch.where(inside & (y.double() < 2.0**63), y.double(), 0.0).long()
        same = (back == x.long()) & inside & (y.double() < 2.0**63)
    else:
        same = x.long() == y.long()
    return y, bool(torch.all(same))
