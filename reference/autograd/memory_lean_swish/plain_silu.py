import torch


class MemoryLeanSwish(torch.autograd.Function):
    apply = staticmethod(torch.nn.functional.silu)
