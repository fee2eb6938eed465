import torch.nn.functional as F
from torch import nn


class TokenEmbedding(nn.Module):
    def __init__(self, vocab_size=10_000, dim=768, padding_idx=None):
        super().__init__()
        self.table = nn.Embedding(vocab_size, dim, padding_idx=padding_idx)
        self.kept = None

    def forward(self, ids):
        if self.training:
            return self.table(ids)
        if self.kept is None:
            self.kept = self.table.weight.detach().clone()
        return F.embedding(ids, self.kept)
