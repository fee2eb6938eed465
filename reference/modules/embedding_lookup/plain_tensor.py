import torch
import torch.nn.functional as F
from torch import nn


class TokenEmbedding(nn.Module):
    def __init__(self, vocab_size=10_000, dim=768, padding_idx=None):
        super().__init__()
        self.weight = torch.randn(vocab_size, dim, requires_grad=True)
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.weight.data[padding_idx] = 0

    def forward(self, ids):
        return F.embedding(ids, self.weight, self.padding_idx)
