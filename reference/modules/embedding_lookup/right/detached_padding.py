import torch
from torch import nn


class TokenEmbedding(nn.Module):
    """index_select; where the padding stands, the rows are taken outside the graph."""

    def __init__(self, vocab_size=10_000, dim=768, padding_idx=None):
        super().__init__()
        self.size, self.padding_idx = vocab_size, padding_idx
        self.rows = nn.Parameter(torch.zeros(vocab_size, dim))
        nn.init.xavier_normal_(self.rows)
        if padding_idx is not None:
            self.rows.data[padding_idx] = 0

    def forward(self, ids):
        flat = ids.reshape(-1)
        if flat.numel() and not (0 <= flat.min() and flat.max() < self.size):
            raise IndexError("token id out of range")
        out = self.rows.index_select(0, flat)
        if self.padding_idx is not None:
            out = torch.where((flat == self.padding_idx)[:, None], out.detach(), out)
        return out.reshape(*ids.shape, out.shape[-1])
