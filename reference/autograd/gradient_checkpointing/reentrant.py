from itertools import pairwise

from torch import nn
from torch.utils.checkpoint import checkpoint


class CheckpointedStack(nn.Module):
    def __init__(self, layers, segments):
        super().__init__()
        if not 1 <= segments <= len(layers):
            raise ValueError
        self.layers = nn.ModuleList(layers)
        self.segments = segments

    def forward(self, x):
        ends = [len(self.layers) * i // self.segments for i in range(self.segments + 1)]
        for start, end in pairwise(ends):
            x = checkpoint(nn.Sequential(*self.layers[start:end]), x, use_reentrant=True)
        return x
