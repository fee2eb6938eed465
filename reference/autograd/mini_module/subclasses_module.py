import torch
from torch import nn


class MiniModule(nn.Module):
    def __setattr__(self, name, value):
        if name in self.__dict__.get("_parameters", {}) and not isinstance(value, nn.Parameter):
            del self._parameters[name]
        if name in self.__dict__.get("_modules", {}) and not isinstance(value, nn.Module):
            del self._modules[name]
        super().__setattr__(name, value)

    def load_state_dict(self, state_dict):
        own = self.state_dict()
        if own.keys() != state_dict.keys():
            raise KeyError
        if any(own[name].shape != state_dict[name].shape for name in own):
            raise ValueError
        with torch.no_grad():
            super().load_state_dict(state_dict)
