import torch


class CustomReLU(torch.autograd.Function):
    apply = staticmethod(torch.relu)
