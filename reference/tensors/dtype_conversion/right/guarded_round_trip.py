import torch


def cast(x, dtype):
    y = x.to(dtype)
    lost = y.to(x.dtype) != x
    if x.dtype.is_floating_point and dtype.is_floating_point:
        lost &= ~(x.isnan() & y.isnan())
    elif x.dtype.is_floating_point:
        facts = torch.iinfo(dtype if dtype != torch.bool else torch.uint8)
        # In float64, as -x.min is exact there and x.max + 1 is a power of two.
        wide = x.double()
        lost |= ~((wide >= facts.min) & (wide < facts.max + 1.0))
    elif dtype.is_floating_point:
        lost |= y.isinf()
        if x.dtype == torch.int64:
            lost |= y.double() >= 2.0**63
    elif x.dtype != torch.bool:
        lost |= (x < 0) != (y < 0) if dtype != torch.bool else (x != 0) & (x != 1)
    return y, not lost.any().item()
