"""An embedding and a linear layer: the first two layers of many networks on tokens.

torch.nn.Linear works on the last axis and takes any axes before it, so nothing needs a reshape.
"""

from torch import Tensor, nn


class EmbeddingNet(nn.Module):
    """An embedding, `self.embedding`, and a linear layer behind it, `self.linear`."""

    def __init__(self, vocab_size: int, embed_dim: int, hidden_dim: int) -> None:
        super().__init__()  # first: it makes the tables that the next lines register in
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.linear = nn.Linear(embed_dim, hidden_dim)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids (B, T) -> (B, T, hidden_dim)."""
        vectors = self.embedding(ids)  # (B, T, embed_dim)
        return self.linear(vectors)  # (B, T, hidden_dim): every token by itself
