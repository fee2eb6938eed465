"""Keeps torch._dynamo from being imported for nothing: every optimizer asks it to stay out.

The import costs a second or more in every player; what optimizers ask of it, `disable`, gives the
function back. Whatever else is asked (torch.compile, torch.export) brings the real module.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


class LazyDynamo(ModuleType):
    """Stands for torch._dynamo until more is asked of it than to stay out."""

    def disable(self, function: Any = None, *_: Any, **__: Any) -> Any:
        """The function as it is: nothing is compiled that would have to be kept from it."""
        return function if function is not None else _unchanged

    def graph_break(self, *_: Any, **__: Any) -> None:
        """Nothing: there is no graph."""

    def __getattr__(self, name: str) -> Any:
        """What the real module has; Python's own questions about a module bring nothing in."""
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return getattr(import_module(NAME), name)


def _unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def put_off() -> None:
    """Let torch._dynamo be imported when it is needed, if it is not there yet."""
    if NAME not in sys.modules:
        sys.modules[NAME] = LazyDynamo(NAME)
