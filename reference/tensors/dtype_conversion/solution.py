"""A cast that says if it lost anything: the numbers are compared, not a round trip.

torch promotes the two sides of == to a common dtype; for two floats, or two integers, it holds both
exactly (https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc).
"""

import torch
from torch import Tensor


def cast(x: Tensor, dtype: torch.dtype) -> tuple[Tensor, bool]:
    """`x` cast to `dtype`, and whether every entry is still the same number."""
    y = x.to(dtype)  # from float to int the fraction is cut off: toward zero
    if x.is_floating_point() == y.is_floating_point():
        same = (x == y) | x.isnan()
    else:
        f, i = (x, y) if x.is_floating_point() else (y, x)
        # Both ways, for each way alone may round. NaN and inf equal no integer.
        same = (i.double() == f) & (f.long() == i)
        same &= f < 2.0**63  # where a CPU saturates, 2^63 as int64 comes back as 2^63
    return y, bool(same.all())
