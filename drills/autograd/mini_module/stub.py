from collections.abc import Iterable, Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn


class MiniModule:
    """A module that knows the parameters and the modules among its attributes."""

    training: bool

    def __init__(self) -> None:
        raise NotImplementedError

    def __setattr__(self, name: str, value: object) -> None:
        raise NotImplementedError

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]:
        """Each Parameter once, under its first name: its own first, then those of its children."""
        raise NotImplementedError

    def parameters(self) -> Iterable[nn.Parameter]:
        """The same without the names."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Tensor]:
        """The values by every name, detached."""
        raise NotImplementedError

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> None:
        """Copy values into the parameters: all, or none and an error."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> Self:
        """Set the mode of this module and of all below it."""
        raise NotImplementedError

    def eval(self) -> Self:
        """The same as train(False)."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Whatever `forward`, which subclasses define, makes of the arguments."""
        raise NotImplementedError
