from typing import NamedTuple

import torch


class TensorReport(NamedTuple):
    original: torch.Tensor
    reshaped: torch.Tensor
    shape: torch.Size
    dtype: torch.dtype
    device: torch.device


def create_and_reshape(device=None):
    with torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu")):
        original = torch.normal(torch.zeros(3, 4), torch.ones(3, 4))
    print("shape:", original.shape, "dtype:", original.dtype, "tensor:", original, sep="\n")
    reshaped = original.unflatten(1, (2, 2)).flatten().unflatten(0, (2, 6)).contiguous()
    return TensorReport(original, reshaped, original.shape, original.dtype, original.device)
