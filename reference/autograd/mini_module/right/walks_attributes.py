from torch.nn import Parameter


class MiniModule:
    """Registers nothing: the instance's own dict is in the order of definition already."""

    def __init__(self):
        self.training = True

    def _values(self, kind):
        return [(name, value) for name, value in vars(self).items() if isinstance(value, kind)]

    def _all(self):
        found = self._values(Parameter)
        for name, child in self._values(MiniModule):
            found += [(name + "." + inner, parameter) for inner, parameter in child._all()]
        return found

    def named_parameters(self):
        firsts = {}
        for name, parameter in self._all():
            firsts.setdefault(id(parameter), (name, parameter))
        return list(firsts.values())

    def parameters(self):
        return [parameter for _, parameter in self.named_parameters()]

    def state_dict(self):
        return {name: parameter.data.clone() for name, parameter in self._all()}

    def load_state_dict(self, state_dict):
        pairs = dict(self._all())
        for name in pairs:
            state_dict[name]  # KeyError where it is missing
        for name, value in state_dict.items():
            if pairs[name].size() != value.size():
                raise RuntimeError(f"size mismatch for {name}")
        for name, value in state_dict.items():
            pairs[name].data.copy_(value)

    def train(self, mode=True):
        self.training = mode
        [child.train(mode) for _, child in self._values(MiniModule)]
        return self

    def eval(self):
        self.training = False
        [child.eval() for _, child in self._values(MiniModule)]
        return self

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)
