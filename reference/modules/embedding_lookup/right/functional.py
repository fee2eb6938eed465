import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TokenEmbedding(nn.Module):
    """A parameter and the library's function."""

    def __init__(self, vocab_size=10_000, dim=768, padding_idx=None):
        super().__init__()
        start = 0.02 * torch.randn(vocab_size, dim)
        if padding_idx is not None:
            start[padding_idx] = 0.0
        self.weight = nn.Parameter(start)
        self.padding_idx = padding_idx

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.weight, self.padding_idx)
