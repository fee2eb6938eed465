import torch
from torch import nn


class MiniModule:
    def __init__(self):
        object.__setattr__(self, "held", nn.Module())
        self.training = True

    def __setattr__(self, name, value):
        held = self.held
        held._parameters.pop(name, None) if not isinstance(value, nn.Parameter) else None
        held._modules.pop(name, None) if not isinstance(value, MiniModule) else None
        if isinstance(value, nn.Parameter):
            held.register_parameter(name, value)
        elif isinstance(value, MiniModule):
            held._modules[name] = value.held
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        object.__delattr__(self, name)
        self.held._parameters.pop(name, None)
        self.held._modules.pop(name, None)

    def named_parameters(self):
        return self.held.named_parameters()

    def parameters(self):
        return self.held.parameters()

    def state_dict(self):
        return self.held.state_dict()

    def load_state_dict(self, state_dict):
        own = self.state_dict()
        if own.keys() != state_dict.keys():
            raise KeyError
        if any(own[name].shape != state_dict[name].shape for name in own):
            raise ValueError
        with torch.no_grad():
            self.held.load_state_dict(state_dict)

    def train(self, mode=True):
        self.training = mode
        for value in list(vars(self).values()):
            if isinstance(value, MiniModule):
                value.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def __call__(self, *args, **kwargs):
        return self.forward(*args, **kwargs)
