import torch


def _parts(t):
    """Two float64 tensors whose sum is the number: the high and the low 32 bits of an integer."""
    if t.is_floating_point():
        wide = t.to(torch.float64)
        high = (wide / 2**32).floor() * 2**32
        finite = wide.isfinite()
        return torch.where(finite, high, wide), torch.where(finite, wide - high, 0.0)
    wide = t.to(torch.int64)
    return (wide >> 32 << 32).to(torch.float64), (wide & 0xFFFFFFFF).to(torch.float64)


def cast(x, dtype):
    y = x.type(dtype)
    (high, low), (other_high, other_low) = _parts(x), _parts(y)
    same = torch.isclose(high, other_high, rtol=0, atol=0, equal_nan=True) & (low == other_low)
    return y, torch.all(same).item()
