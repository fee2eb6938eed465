from collections import OrderedDict

import torch
from torch import nn


class MiniModule:
    """Registered values stand in the tables alone, which are read before all else."""

    def __init__(self):
        self.__dict__["_tables"] = (OrderedDict(), OrderedDict())
        self.__dict__["training"] = True

    def __setattr__(self, name, value):
        kinds = (nn.Parameter, MiniModule)
        homes = [t for t, kind in zip(self._tables, kinds, strict=True) if isinstance(value, kind)]
        for table in (self.__dict__, *self._tables):
            if not any(table is home for home in homes):
                table.pop(name, None)
        (homes[0] if homes else self.__dict__)[name] = value

    def __getattribute__(self, name):
        for table in super().__getattribute__("__dict__").get("_tables", ()):
            if name in table:
                return table[name]
        return super().__getattribute__(name)

    def __delattr__(self, name):
        for table in self._tables:
            if table.pop(name, None) is not None:
                return
        super().__delattr__(name)

    def modules(self, prefix=""):
        """Pairs of a prefix and a module, without recursion."""
        stack = [("", self)]
        while stack:
            prefix, module = stack.pop()
            yield prefix, module
            children = module._tables[1].items()
            stack.extend((f"{prefix}{name}.", child) for name, child in reversed(children))

    def named_parameters(self, prefix="", twice=False):
        seen = set()
        for start, module in self.modules():
            for name, parameter in module._tables[0].items():
                if twice or parameter not in seen:  # a tensor's hash is its identity
                    yield prefix + start + name, parameter
                seen.add(parameter)

    def parameters(self):
        yield from dict(self.named_parameters()).values()

    @torch.no_grad()
    def state_dict(self):
        return OrderedDict((k, v.detach().clone()) for k, v in self.named_parameters(twice=True))

    @torch.no_grad()
    def load_state_dict(self, state_dict):
        mine = OrderedDict(self.named_parameters(twice=True))
        if set(mine) != set(state_dict):
            raise KeyError(set(mine) ^ set(state_dict))
        if [v.shape for v in mine.values()] != [state_dict[k].shape for k in mine]:
            raise ValueError("shapes differ")
        for name, parameter in mine.items():
            parameter[...] = state_dict[name]

    def train(self, mode=True):
        for _, module in self.modules():
            module.training = mode
        return self

    def eval(self):
        return self.train(mode=False)

    def forward(self, *args, **kwargs):
        raise NotImplementedError

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)
