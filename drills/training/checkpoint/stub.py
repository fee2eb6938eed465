import os

from torch import nn
from torch.optim import Optimizer


def save_checkpoint(
    path: str | os.PathLike[str], model: nn.Module, optimizer: Optimizer, step: int
) -> None:
    """Write all that training needs to go on into one file, which replaces an older one."""
    raise NotImplementedError


def load_checkpoint(path: str | os.PathLike[str], model: nn.Module, optimizer: Optimizer) -> int:
    """Put model, optimizer and random numbers into the state of the file; the step saved in it."""
    raise NotImplementedError
