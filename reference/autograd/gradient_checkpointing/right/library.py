from itertools import accumulate

from torch import nn
from torch.utils.checkpoint import checkpoint


class CheckpointedStack(nn.Module):
    def __init__(self, layers, segments):
        super().__init__()
        if segments < 1 or segments > len(layers):
            raise ValueError("segments")
        self.layers = nn.ModuleList(layers)
        short, longer = divmod(len(layers), segments)
        sizes = [short + 1] * longer + [short] * (segments - longer)
        self.ends = list(accumulate(sizes, initial=0))

    def _between(self, start, end):
        def run(x):
            for layer in self.layers[start:end]:
                x = layer(x)
            return x

        return run

    def forward(self, x):
        for start, end in zip(self.ends, self.ends[1:], strict=False):
            x = checkpoint(self._between(start, end), x, use_reentrant=False)
        return x
