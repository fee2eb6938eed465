import torch
from torch import nn


class TokenEmbedding(nn.Module):
    """A Python loop over the ids; the padding's vector is a buffer's zeros."""

    def __init__(self, vocab_size=10_000, dim=768, padding_idx=None):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab_size, dim))
        self.register_buffer("zeros", torch.zeros(dim))
        self.pad = padding_idx
        if padding_idx is not None:
            nn.init.zeros_(self.weight[padding_idx])

    def forward(self, ids):
        rows = [self.row(number) for number in ids.flatten().tolist()]
        if not rows:
            return self.weight[:0].reshape(*ids.shape, self.weight.shape[1])
        return torch.stack(rows).reshape(*ids.shape, self.weight.shape[1])

    def row(self, number):
        if number == self.pad:
            return self.zeros
        if number < 0 or number >= len(self.weight):
            raise IndexError(number)
        return self.weight[number]
