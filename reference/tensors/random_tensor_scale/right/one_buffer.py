from typing import NamedTuple

import torch
from torch import Tensor


class Scaled(NamedTuple):
    base: Tensor
    scaled: Tensor


def random_scaled(rows=3, cols=3, factor=2.0, generator=None):
    both = torch.randn((rows, cols), generator=generator).expand(2, rows, cols).clone()
    both[1].mul_(factor)
    return Scaled(*both)
