import torch.nn.functional as F
from torch import nn


class TokenEmbedding(nn.Module):
    def __init__(self, vocab_size=10_000, dim=768, padding_idx=None):
        super().__init__()
        self.table = nn.Embedding(vocab_size, dim, padding_idx=padding_idx)

    def forward(self, ids):
        weight, padding = self.table.weight, self.table.padding_idx
        if ((ids < 0) | (ids >= len(weight))).any():
            raise IndexError("token id out of range")
        hot = F.one_hot(ids.long(), len(weight)).to(weight.dtype)
        if padding is not None:
            hot[..., padding] = 0
        return hot @ weight
