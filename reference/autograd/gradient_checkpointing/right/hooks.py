import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks


class _Run:
    """What autograd saves in a run of layers is numbered; the first look at it computes all."""

    def __init__(self, layers, x):
        self.layers, self.x = layers, x.detach().requires_grad_(x.requires_grad)
        self.state = torch.get_rng_state()
        self.count = 0
        self.again = None

    def pack(self, tensor):
        self.count += 1
        return self.count - 1

    def unpack(self, place):
        if self.again is None:
            self.again = []
            with torch.random.fork_rng(devices=()), torch.enable_grad():
                torch.set_rng_state(self.state)

                def keep(tensor):
                    self.again.append(tensor.detach())

                with saved_tensors_hooks(keep, lambda _: None):
                    self.call(self.x)
        found = self.again[place]
        self.again[place] = None
        return found

    def call(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class CheckpointedStack(nn.Module):
    def __init__(self, layers, segments):
        if segments not in range(1, len(layers) + 1):
            raise ValueError(f"segments = {segments}")
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.segments = segments

    def forward(self, x):
        if not torch.is_grad_enabled():
            return nn.Sequential(*self.layers)(x)
        places = torch.tensor_split(torch.arange(len(self.layers)), self.segments)
        for part in places:
            run = _Run([self.layers[i] for i in part.tolist()], x)
            with saved_tensors_hooks(run.pack, run.unpack):
                x = run.call(x)
        return x
