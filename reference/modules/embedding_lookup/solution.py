"""A trainable table of token vectors, with a row for padding that stays out of training.

torch.nn.Embedding does it all: normal first values, a row of zeros at padding_idx that gets no
gradient, IndexError for ids out of range.
"""

from torch import Tensor, nn


class TokenEmbedding(nn.Module):
    """A table with one trainable vector per token id."""

    def __init__(
        self, vocab_size: int = 10_000, dim: int = 768, padding_idx: int | None = None
    ) -> None:
        super().__init__()
        # Filling the weight again afterwards would overwrite the padding's zeros.
        self.table = nn.Embedding(vocab_size, dim, padding_idx=padding_idx)

    def forward(self, ids: Tensor) -> Tensor:
        """The vectors of `ids`: (...) -> (..., dim)."""
        return self.table(ids)  # row table.weight[i] for each id i
