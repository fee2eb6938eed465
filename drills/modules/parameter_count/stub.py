from torch import nn


def count_parameters(model: nn.Module) -> dict[str, int]:
    """Numbers of elements under the keys "total", "trainable" and "frozen"."""
    raise NotImplementedError


def describe_parameters(model: nn.Module) -> str:
    """One line: "Total parameters: 1,234, Trainable: 1,000, Frozen: 234"."""
    raise NotImplementedError
