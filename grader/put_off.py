"""Keeps heavy modules of torch from being imported for one small question.

- Every optimizer asks torch._dynamo to stay out of its methods, and torch.utils.checkpoint reads a
  setting of it: a second or more in every player.
- A gradient that is handed to backward() is compared in shape by torch.fx.experimental.
  symbolic_shapes, which brings sympy: half a second.

Stand-ins answer these questions. Whatever else is asked (torch.compile, torch.export, symbolic
shapes) brings the real module.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

DYNAMO = "torch._dynamo"
SHAPES = "torch.fx.experimental.symbolic_shapes"


class StandIn(ModuleType):
    """A module with a few functions of its own; anything else of it brings the real one in.

    Of a `package` the import of a module in it does, too.
    """

    package = False

    def __getattr__(self, name: str) -> Any:
        """What the real module has; Python's own questions about a module bring nothing in."""
        if name.startswith("__") and not (name == "__path__" and self.package):
            raise AttributeError(name)
        return getattr(self.real(), name)

    def real(self) -> ModuleType:
        """The module itself, imported now."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return import_module(self.__name__)


class Dynamo(StandIn):
    """Stands for torch._dynamo where nothing is compiled."""

    package = True

    def __init__(self) -> None:
        super().__init__(DYNAMO)
        self.config = DynamoConfig(f"{DYNAMO}.config")

    def disable(self, function: Any = None, *_: Any, **__: Any) -> Any:
        """The function as it is: nothing is compiled that would have to be kept from it."""
        return function if function is not None else _unchanged

    def graph_break(self, *_: Any, **__: Any) -> None:
        """Nothing: there is no graph."""


class DynamoConfig(StandIn):
    """The one setting that is read outside of compilation, at its default."""

    error_on_nested_fx_trace = True

    def real(self) -> ModuleType:
        """Import the package first: its name may still be the stand-in's."""
        getattr(sys.modules[DYNAMO], "__path__", None)
        return super().real()


class Shapes(StandIn):
    """Stands for torch.fx.experimental.symbolic_shapes where all sizes are numbers."""

    def __init__(self) -> None:
        super().__init__(SHAPES)

    def sym_eq(self, one: Any, other: Any) -> Any:
        """Whether two sizes are equal."""
        if all(type(size) is int for sizes in (one, other) for size in sizes):
            return tuple(one) == tuple(other)
        return self.real().sym_eq(one, other)

    def expect_true(self, answer: Any) -> Any:
        """The answer, where it is known."""
        return answer if isinstance(answer, bool) else self.real().expect_true(answer)


def _unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def put_off() -> None:
    """Let these modules be imported when they are needed, if they are not there yet."""
    for stand_in in (Dynamo(), Shapes()):
        sys.modules.setdefault(stand_in.__name__, stand_in)
