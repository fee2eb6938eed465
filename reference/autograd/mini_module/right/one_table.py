from dataclasses import dataclass, field
from functools import cached_property  # noqa: F401
from itertools import chain

import torch
from torch import Tensor, nn


@dataclass
class Books:
    order: list = field(default_factory=list)  # every registered name once
    kinds: dict = field(default_factory=dict)


class MiniModule:
    training = True

    def __init__(self) -> None:
        super().__init__()
        super().__setattr__("books", Books())

    def __setattr__(self, name, value):
        books = self.books
        kind = next((k for k in (nn.Parameter, MiniModule) if isinstance(value, k)), None)
        if books.kinds.get(name) is not kind:
            self._drop(name)
            if kind is not None:
                books.order.append(name)
                books.kinds[name] = kind
        super().__setattr__(name, value)

    def _drop(self, name):
        if self.books.kinds.pop(name, None) is not None:
            self.books.order.remove(name)

    def __delattr__(self, name):
        super().__delattr__(name)
        self._drop(name)

    def of(self, kind):
        return ((n, getattr(self, n)) for n in self.books.order if self.books.kinds[n] is kind)

    def everything(self):
        below = (
            (f"{name}.{path}", parameter)
            for name, child in self.of(MiniModule)
            for path, parameter in child.everything()
        )
        return chain(self.of(nn.Parameter), below)

    def named_parameters(self):
        known: list[Tensor] = []
        for name, parameter in self.everything():
            if not any(parameter is one for one in known):
                known.append(parameter)
                yield name, parameter

    def parameters(self):
        return map(lambda pair: pair[1], self.named_parameters())

    def state_dict(self):
        return {name: parameter.data for name, parameter in self.everything()}

    def load_state_dict(self, state_dict):
        own = self.state_dict()
        for name in [*own, *state_dict]:
            if name not in own or name not in state_dict:
                raise KeyError(name)
            if own[name].shape != state_dict[name].shape:
                odd = name
        if any(own[name].shape != value.shape for name, value in state_dict.items()):
            raise RuntimeError(odd)
        with torch.no_grad():
            for name, value in state_dict.items():
                own[name].copy_(value.detach())

    def train(self, mode: bool = True):
        self.training = bool(mode)
        for _, child in self.of(MiniModule):
            child.train(mode)
        return self

    def eval(self):
        return MiniModule.train(self, False)

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)
