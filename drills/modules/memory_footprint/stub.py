from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Footprint:
    """What a model's tensors take in memory."""

    parameters: int  # elements
    parameter_bytes: int
    buffer_bytes: int
    megabytes: float  # parameters and buffers, in MiB


def memory_footprint(model: nn.Module) -> Footprint:
    """Counts each parameter and each buffer of `model` once, however often it is used."""
    raise NotImplementedError
