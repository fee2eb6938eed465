from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any, Self

from torch import Tensor, nn


class MiniModule:
    """A module that knows the parameters and the modules among its attributes."""

    training: bool
    _parameters: dict[str, nn.Parameter]
    _children: dict[str, "MiniModule"]

    def __init__(self) -> None:
        # Past our own __setattr__, which needs both tables.
        object.__setattr__(self, "_parameters", {})
        object.__setattr__(self, "_children", {})
        self.training = True

    def __setattr__(self, name: str, value: object) -> None:
        self._forget(name, value)
        if isinstance(value, nn.Parameter):
            self._parameters[name] = value  # a dict keeps the place of a key it has
        elif isinstance(value, MiniModule):
            self._children[name] = value
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._forget(name)

    def _forget(self, name: str, value: object = None) -> None:
        """Take the name out of the tables that `value` does not belong to."""
        if not isinstance(value, nn.Parameter):
            self._parameters.pop(name, None)
        if not isinstance(value, MiniModule):
            self._children.pop(name, None)

    def _every_name(self, prefix: str = "") -> Iterator[tuple[str, nn.Parameter]]:
        """All dotted names, also where several lead to one Parameter."""
        for name, parameter in self._parameters.items():
            yield prefix + name, parameter
        for name, child in self._children.items():
            yield from child._every_name(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Each Parameter once, under its first name: its own first, then those of its children."""
        seen = set()  # of ids: == compares tensors element by element
        for name, parameter in self._every_name():
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def parameters(self) -> Iterator[nn.Parameter]:
        """The same without the names."""
        return (parameter for _, parameter in self.named_parameters())

    def state_dict(self) -> dict[str, Tensor]:
        """The values by every name, detached."""
        return {name: parameter.detach() for name, parameter in self._every_name()}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> None:
        """Copy values into the parameters: all, or none and an error."""
        own = dict(self._every_name())
        if odd := own.keys() ^ state_dict.keys():
            raise KeyError(f"missing or unexpected: {sorted(odd)}")
        for name, parameter in own.items():  # all before the first copy, which would broadcast
            if parameter.shape != state_dict[name].shape:
                raise ValueError(f"{name} has shape {tuple(parameter.shape)}")
        for path, parameter in own.items():
            *homes, last = path.split(".")
            home = reduce(getattr, homes, self)
            value = state_dict[path].to(parameter.dtype, copy=True)
            setattr(home, last, nn.Parameter(value, parameter.requires_grad))

    def train(self, mode: bool = True) -> Self:
        """Set the mode of this module and of all below it."""
        self.training = mode
        for child in self._children.values():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """The same as train(False)."""
        return self.train(False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Whatever `forward`, which subclasses define, makes of the arguments."""
        return self.forward(*args, **kwargs)
