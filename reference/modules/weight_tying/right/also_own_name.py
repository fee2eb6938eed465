import torch
from torch import nn


class TiedLM(nn.Module):
    """The matrix has a third name, its own; half types are computed in float32."""

    def __init__(self, vocab_size, dim):
        super().__init__()
        self.vocab_size = vocab_size
        self.matrix = nn.Parameter(torch.randn(vocab_size, dim) / dim**0.5)
        for name in ("input_embed", "output_layer"):
            layer = Embed() if name == "input_embed" else Unembed()
            layer.weight = self.matrix
            self.add_module(name, layer)

    def forward(self, ids):
        rows = [self.output_layer(self.input_embed(row)) for row in ids.unbind(0)]
        return torch.stack(rows)


class Embed(nn.Module):
    def forward(self, ids):
        one_hot = nn.functional.one_hot(ids, len(self.weight))
        return one_hot.to(self.weight.dtype) @ self.weight


class Unembed(nn.Module):
    def forward(self, hidden):
        wide = torch.promote_types(self.weight.dtype, torch.float32)
        return (hidden.to(wide) @ self.weight.to(wide).T).to(hidden.dtype)
